import FileIO

/// A message of an object's header: what kind of fact it is, and where.
struct HDF5Message {
  /// The kinds that are read.
  enum Kind: Int {
    case dataspace = 0x01
    case linkInfo = 0x02
    case datatype = 0x03
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case filters = 0x0B
    case attribute = 0x0C
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
    case other = -1
  }

  let kind: Kind
  /// Whether the content is somewhere else in the file.
  let isShared: Bool
  /// The content.
  let range: Range<Int>

  /// A cursor over the content.
  func cursor(_ source: HDF5Source) throws(DataError) -> HDF5Cursor {
    if isShared {
      throw source.fault("a shared message (a named type) is not supported", at: range.lowerBound)
    }
    return HDF5Cursor(source, range)
  }
}

extension HDF5Parser {
  /// The messages of the object header at `address`, of all its blocks.
  mutating func messages(at address: Int) throws(DataError) -> [HDF5Message] {
    var cursor = try source.cursor(at: address, "an object header")
    // Since version 2 headers have a signature.
    let isTagged = cursor.begins(with: "OHDR")
    var numbersMessages = false
    if isTagged {
      try cursor.skip(4)
      _ = try cursor.version(of: "an object header", 2...2)
      let flags = try cursor.byte()
      numbersMessages = flags & 4 != 0
      // Times, and the limits of compact attributes.
      try cursor.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
      let size = try cursor.number(1 << (flags & 3))
      _ = try claim(address, try Self.sum(cursor.position - address, size, in: cursor), "an object header")
      cursor = HDF5Cursor(source, cursor.position..<cursor.position + size)
    } else {
      _ = try cursor.version(of: "an object header", 1...1)
      try cursor.skip(1 + 2 + 4)
      let size = try cursor.number(4)
      try cursor.skip(4)
      _ = try claim(address, 16 + size, "an object header")
      cursor = HDF5Cursor(source, cursor.position..<cursor.position + size)
    }
    var messages: [HDF5Message] = []
    var blocks = [cursor]
    while var block = blocks.popLast() {
      while let message = try Self.message(&block, isTagged: isTagged, numbersMessages) {
        guard message.kind == .continuation else {
          messages.append(message)
          continue
        }
        var place = try message.cursor(source)
        let start = try place.address(of: "a continued header")
        let range = try claim(start, try place.length(), "a continued header")
        guard isTagged else {
          blocks.append(HDF5Cursor(source, range))
          continue
        }
        var next = HDF5Cursor(source, range)
        try next.signature("OCHK", "a continued header")
        // A checksum ends it.
        blocks.append(HDF5Cursor(source, try next.range(next.remaining - 4)))
      }
    }
    return messages
  }

  /// The next message of a block; nil at its end.
  private static func message(
    _ block: inout HDF5Cursor, isTagged: Bool, _ isNumbered: Bool
  ) throws(DataError) -> HDF5Message? {
    let head = isTagged ? (isNumbered ? 6 : 4) : 8
    guard block.remaining >= head else { return nil }
    let type = try block.number(isTagged ? 1 : 2)
    let size = try block.number(2)
    let flags = try block.byte()
    try block.skip(isTagged ? (isNumbered ? 2 : 0) : 3)
    return HDF5Message(
      kind: HDF5Message.Kind(rawValue: type) ?? .other, isShared: flags & 2 != 0,
      range: try block.range(size))
  }

  private static func sum(_ a: Int, _ b: Int, in cursor: HDF5Cursor) throws(DataError) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    if overflow { throw cursor.fault("the size is too large") }
    return sum
  }
}
