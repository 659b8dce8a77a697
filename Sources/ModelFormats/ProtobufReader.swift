import FileIO

/// The fields of a Protocol Buffers message, one after another; all lengths are held against the message's end.
struct ProtobufReader {
  /// A field with its value, as far as the wire format tells.
  struct Field {
    let number: Int
    let value: Value
    /// Where it begins in the file.
    let byte: Int
  }

  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// Text, bytes, packed numbers or a message.
    case bytes(Range<Int>)
  }

  /// What cannot be read at a byte of the file.
  struct Fault: Error {
    let message: String
    let byte: Int
  }

  let bytes: [UInt8]
  private let end: Int
  private(set) var position: Int

  /// The message in `range` of a file.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    (self.bytes, position, end) = (bytes, range.lowerBound, range.upperBound)
  }

  /// The next field; nil at the end of the message.
  mutating func next() throws(Fault) -> Field? {
    let start = position
    if start == end { return nil }
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), 1..<1 << 29 ~= number else {
      throw Fault(message: "a field of that number does not exist", byte: start)
    }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(try fixed(8))
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else {
        throw Fault(message: "a field of \(length) bytes, of which \(end - position) are left", byte: start)
      }
      value = .bytes(position..<position + Int(length))
      position += Int(length)
    case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    default: throw Fault(message: "a field of the unknown kind \(tag & 7)", byte: start)
    }
    return Field(number: number, value: value, byte: start)
  }

  var isAtEnd: Bool { position == end }

  /// An integer of 7 bits a byte, the lowest first.
  mutating func varint() throws(Fault) -> UInt64 {
    let start = position
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < end else { throw Fault(message: "an integer is cut off", byte: start) }
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { break }
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    throw Fault(message: "an integer of more than 64 bits", byte: start)
  }

  private mutating func fixed(_ count: Int) throws(Fault) -> UInt64 {
    guard end - position >= count else { throw Fault(message: "a number is cut off", byte: position) }
    defer { position += count }
    return bytes.littleEndian(at: position, count)
  }
}
