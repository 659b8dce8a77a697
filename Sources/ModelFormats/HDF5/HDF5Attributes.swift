import FileIO
import Formatting

extension HDF5Parser {
  /// The attributes of strings, and those without elements, among the messages of a header.
  mutating func attributes(of messages: [HDF5Message]) throws(DataError) -> [String: [String]] {
    var attributes: [String: [String]] = [:]
    for message in messages {
      if message.kind == .attributeInfo {
        var cursor = try message.cursor(source)
        _ = try cursor.version(of: "attributes", 0...0)
        if try cursor.byte() & 1 != 0 { try cursor.skip(2) }
        if try cursor.address() != nil {
          throw source.fault(
            "attributes in the dense form, which is not supported; write the file with h5py's default libver",
            at: message.range.lowerBound)
        }
      }
      // A shared attribute is one of no interest.
      guard message.kind == .attribute, !message.isShared else { continue }
      guard let (name, strings) = try attribute(HDF5Cursor(source, message.range)) else { continue }
      guard attributes.updateValue(strings, forKey: name) == nil else {
        throw source.fault("two attributes are called \(name.quoted)", at: message.range.lowerBound)
      }
    }
    return attributes
  }

  /// An attribute of strings; nil for one of another type.
  private mutating func attribute(
    _ message: HDF5Cursor
  ) throws(DataError) -> (name: String, strings: [String])? {
    var cursor = message
    let version = try cursor.version(of: "an attribute", 1...3)
    let flags = try cursor.byte()
    let sizes = [try cursor.number(2), try cursor.number(2), try cursor.number(2)]
    if version == 3 { try cursor.skip(1) }
    var ranges: [Range<Int>] = []
    for size in sizes {
      ranges.append(try cursor.range(size))
      // Version 1 pads each part to whole eights.
      if version == 1 { try cursor.skip(-size & 7) }
    }
    let nameBytes = ranges[0].lowerBound..<(source.bytes[ranges[0]].firstIndex(of: 0) ?? ranges[0].upperBound)
    let name = try text(nameBytes)
    // Type or shape may be kept somewhere else.
    if version > 1, flags & 3 != 0 { return nil }
    var (typeCursor, spaceCursor) = (HDF5Cursor(source, ranges[1]), HDF5Cursor(source, ranges[2]))
    let type = try HDF5Datatype(&typeCursor)
    let shape = try HDF5Dataspace(&spaceCursor).shape
    let elementSize: Int
    switch type {
    case .fixedString(let size, _): elementSize = size
    case .variableString: elementSize = 4 + source.addressSize + 4
    case .number, .opaque, .other: return shape.contains(0) ? (name, []) : nil
    }
    guard let size = shape.byteCount(elementSize: elementSize), size <= cursor.remaining else {
      throw cursor.fault("an attribute \(name.quoted) of \(shape) strings does not fit into its place")
    }
    var strings: [String] = []
    for _ in 0..<size / elementSize {
      if case .fixedString(let size, let isPaddedWithSpaces) = type {
        var bytes = source.bytes[try cursor.range(size)].prefix { $0 != 0 }
        if isPaddedWithSpaces { while bytes.last == 0x20 { bytes.removeLast() } }
        strings.append(try text(bytes.startIndex..<bytes.endIndex))
      } else {
        strings.append(try variableString(&cursor))
      }
    }
    return (name, strings)
  }

  /// The string whose place in a heap is next: length, heap, index.
  private mutating func variableString(_ cursor: inout HDF5Cursor) throws(DataError) -> String {
    let start = cursor.position
    let length = try cursor.number(4)
    let heap = try cursor.address()
    let index = try cursor.number(4)
    guard length > 0 else { return "" }
    guard let heap, heap > 0 else { throw source.fault("no address of a string", at: start) }
    if heaps[heap] == nil { heaps[heap] = try globalHeap(at: heap) }
    guard let range = heaps[heap]?[index], length <= range.count else {
      throw source.fault("no string of \(length.grouped) bytes at place \(index) of the heap", at: start)
    }
    let bytes = source.bytes[range.prefix(length)].prefix { $0 != 0 }
    return try text(bytes.startIndex..<bytes.endIndex)
  }

  /// The places of the objects of a heap by their indices.
  private mutating func globalHeap(at address: Int) throws(DataError) -> [Int: Range<Int>] {
    var cursor = try source.cursor(at: address, "a heap of strings")
    try cursor.signature("GCOL", "a heap of strings")
    _ = try cursor.version(of: "a heap of strings", 1...1)
    try cursor.skip(3)
    let size = try cursor.length()
    let head = cursor.position - address
    guard size >= head else { throw cursor.fault("a heap of strings of only \(size) bytes") }
    let range = try claim(address, size, "a heap of strings")
    cursor = HDF5Cursor(source, address + head..<range.upperBound)
    var objects: [Int: Range<Int>] = [:]
    while cursor.remaining >= 8 + source.lengthSize {
      let start = cursor.position
      let index = try cursor.number(2)
      try cursor.skip(2 + 4)
      let size = try cursor.length()
      // Free space is at the end.
      if index == 0 { break }
      guard objects.updateValue(try cursor.range(size), forKey: index) == nil else {
        throw source.fault("two objects of a heap have the number \(index)", at: start)
      }
      try cursor.skip(min(-size & 7, cursor.remaining))
    }
    return objects
  }
}
