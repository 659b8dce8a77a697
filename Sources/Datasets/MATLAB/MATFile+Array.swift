import FileIO
import Formatting

extension MATFile {
  /// The supported element types of stored values.
  enum ElementType: Int {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case float32 = 7
    case float64 = 9

    /// The size of an element in bytes.
    var size: Int {
      switch self {
      case .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The header of an array: everything before its values.
  struct ArrayHeader {
    let name: String
    /// The shape; the values are column-major (the first index varies fastest).
    let sizes: [Int]
    /// Whether it has real numbers: it is no text, cell, structure, sparse or complex array.
    let isNumeric: Bool

    private static let (largestRank, longestName) = (8, 64)

    init(parsing source: inout ByteSource) throws(DataError) {
      let tag = try Tag(&source)
      guard tag.type == matrix else {
        throw tag.fault(source, "an element of type \(tag.type), not an array (14)")
      }
      let flagsTag = try Tag(&source)
      guard flagsTag.type == 6, flagsTag.size == 8 else {
        throw flagsTag.fault(source, "the array has no flags")
      }
      let flags = try source.read(exactly: 8)
      isNumeric = 6...13 ~= flags[0] && flags[1] & 0x08 == 0
      let sizesTag = try Tag(&source)
      guard sizesTag.type == 5, sizesTag.size % 4 == 0, 8...4 * Self.largestRank ~= sizesTag.size else {
        throw sizesTag.fault(source, "the array has no shape of 2 to \(Self.largestRank) sizes")
      }
      let content = try sizesTag.content(&source)
      sizes = (0..<sizesTag.size / 4).map { Int(content.littleEndian(at: 4 * $0, 4)) }
      let nameTag = try Tag(&source)
      guard nameTag.type == 1, nameTag.size <= Self.longestName else {
        throw nameTag.fault(source, "the array has no name of at most \(Self.longestName) bytes")
      }
      name = String(decoding: try nameTag.content(&source), as: UTF8.self).oneLine
    }

    /// The number of values; nil above the limit.
    var count: Int? { sizes.byteCount(elementSize: 1) }
  }

  /// An array whose header has been parsed; the values are next.
  struct Reader: ~Copyable {
    /// The shape; the values are column-major (the first index varies fastest).
    let sizes: [Int]
    /// The number of values.
    let count: Int
    private let name: String
    private let type: ElementType
    private var source: ByteSource

    /// Parses the tag of the values; throws `malformed` if they are not real, or not as many as the shape needs.
    init(_ header: ArrayHeader, _ source: consuming ByteSource) throws(DataError) {
      let (name, sizes) = (header.name, header.sizes)
      guard header.isNumeric else {
        throw source.malformed(at: 0, "\(name) is not an array of real numbers")
      }
      guard let count = header.count else {
        throw source.malformed(at: 0, "\(name): \(sizes) values are more than the limit of 4 GiB")
      }
      let tag = try Tag(&source)
      guard let type = ElementType(rawValue: tag.type) else {
        throw tag.fault(source, "\(name): values of type \(tag.type), which is not supported")
      }
      guard tag.size == count * type.size else {
        throw tag.fault(
          source,
          "\(name): \(tag.size.pluralized("byte")) of data, but its shape \(sizes) needs "
            + (count * type.size).grouped)
      }
      // At most 4 bytes of values are stored in the tag itself.
      if tag.isSmall {
        let content = try tag.content(&source)
        source = ByteSource(content, range: 0..<content.count, name: source.name, format: nil)
      }
      (self.name, self.sizes, self.count, self.type) = (name, sizes, count, type)
      self.source = source
    }

    /// All values as bytes; throws `malformed` for a value that is not an integer from 0 to 255.
    mutating func readBytes() throws(DataError) -> [UInt8] {
      var bytes: [UInt8] = []
      if type == .uint8 {
        try source.append(count, to: &bytes, expecting: count)
        try expectEnd()
        return bytes
      }
      var remainder = count
      while remainder > 0 {
        let start = source.offset
        let chunk = min(remainder, 1 << 16)
        let content = try source.read(exactly: chunk * type.size)
        for index in 0..<chunk {
          guard let byte = byte(content, index) else {
            throw malformed(at: start + index * type.size, "a value that is not an integer from 0 to 255")
          }
          bytes.append(byte)
        }
        remainder -= chunk
      }
      try expectEnd()
      return bytes
    }

    /// Verifies that only padding follows the values; reading it to the end verifies the checksum of compressed data.
    private mutating func expectEnd() throws(DataError) {
      _ = try source.read(upTo: -count * type.size & 7)
      try source.expectEnd(of: name)
    }

    private func byte(_ content: [UInt8], _ index: Int) -> UInt8? {
      let bits = content.littleEndian(at: index * type.size, type.size)
      return switch type {
      case .float32: UInt8(whole: Double(Float(bitPattern: UInt32(bits))))
      case .float64: UInt8(whole: Double(bitPattern: bits))
      case .uint8, .uint16, .uint32: UInt8(exactly: bits)
      case .int8: UInt8(exactly: Int8(truncatingIfNeeded: bits))
      case .int16: UInt8(exactly: Int16(truncatingIfNeeded: bits))
      case .int32: UInt8(exactly: Int32(truncatingIfNeeded: bits))
      }
    }

    /// An error about the array at offset `byte`, by default the current one.
    func malformed(at byte: Int? = nil, _ reason: String) -> DataError {
      source.malformed(at: byte ?? source.offset, reason)
    }
  }

  /// The tag of an element within an array; the small format has its content, at most 4 bytes, within the tag.
  struct Tag {
    let type: Int
    let size: Int
    let isSmall: Bool
    private let start: Int
    private let smallContent: [UInt8]

    init(_ source: inout ByteSource) throws(DataError) {
      start = source.offset
      let bytes = try source.read(exactly: 8)
      isSmall = bytes.littleEndian(at: 2, 2) != 0
      type = Int(bytes.littleEndian(at: 0, isSmall ? 2 : 4))
      size = Int(bytes.littleEndian(at: isSmall ? 2 : 4, isSmall ? 2 : 4))
      smallContent = Array(bytes[4...])
      if isSmall, size > 4 { throw fault(source, "a small element of \(size) bytes; the limit is 4") }
    }

    /// Reads the content, whose size has been checked, and skips its padding.
    func content(_ source: inout ByteSource) throws(DataError) -> [UInt8] {
      if isSmall { return Array(smallContent.prefix(size)) }
      let content = try source.read(exactly: size)
      try source.skip(-size & 7)
      return content
    }

    func fault(_ source: borrowing ByteSource, _ reason: String) -> DataError {
      source.malformed(at: start, reason)
    }
  }
}
