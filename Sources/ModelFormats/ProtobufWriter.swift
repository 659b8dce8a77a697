/// Encodes a message in the wire format of Protocol Buffers, field by field.
///
///     var dimension = ProtobufWriter()
///     dimension.write("N", field: 2)
///     dimension.bytes  // 12 01 4E
///
/// A field that is written twice is a repeated field; a field that is not written has its default value.
public struct ProtobufWriter: Sendable {
  /// The message so far.
  public private(set) var bytes: [UInt8] = []

  /// A message without fields.
  public init() {}

  /// Appends an int32, int64, enum or bool as a varint; a negative number takes ten bytes.
  public mutating func write(_ value: Int, field: Int) {
    writeTag(field, .varint)
    writeVarint(UInt64(bitPattern: Int64(value)))
  }

  /// Appends a float, four bytes.
  public mutating func write(_ value: Float, field: Int) {
    writeTag(field, .fixed32)
    writeFixed(value.bitPattern)
  }

  /// Appends a double, eight bytes.
  public mutating func write(_ value: Double, field: Int) {
    writeTag(field, .fixed64)
    writeFixed(value.bitPattern)
  }

  /// Appends a string in UTF-8.
  public mutating func write(_ value: String, field: Int) { write(Array(value.utf8), field: field) }

  /// Appends bytes.
  public mutating func write(_ value: [UInt8], field: Int) {
    writeTag(field, .lengthDelimited)
    writeVarint(UInt64(value.count))
    bytes += value
  }

  /// Appends a message within this one; `body` writes its fields.
  public mutating func write<Failure: Error>(
    field: Int, _ body: (inout ProtobufWriter) throws(Failure) -> Void
  ) throws(Failure) {
    var message = ProtobufWriter()
    try body(&message)
    write(message.bytes, field: field)
  }

  /// Appends repeated doubles in the packed form; no field where there are none.
  public mutating func writePacked(_ values: [Double], field: Int) {
    if values.isEmpty { return }
    var packed = ProtobufWriter()
    for value in values { packed.writeFixed(value.bitPattern) }
    write(packed.bytes, field: field)
  }

  // MARK: The wire format

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func writeTag(_ field: Int, _ type: WireType) {
    precondition(1..<1 << 29 ~= field, "field numbers have 29 bits")
    writeVarint(UInt64(field) << 3 | type.rawValue)
  }

  /// Seven bits per byte, the lowest first; the high bit is set in all bytes but the last.
  private mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func writeFixed(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
