import FileIO

/// The bytes of a pickle, read one after another; positions are offsets in the file.
struct PickleScanner {
  let bytes: [UInt8]
  let end: Int
  private(set) var position: Int

  /// The pickle within `range` of the file.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    (self.bytes, position, end) = (bytes, range.lowerBound, range.upperBound)
  }

  mutating func byte() throws(PickleFault) -> UInt8 {
    guard position < end else { throw endsHere(1) }
    defer { position += 1 }
    return bytes[position]
  }

  /// An unsigned little-endian integer of `count` bytes.
  mutating func unsigned(_ count: Int) throws(PickleFault) -> UInt64 {
    try bytes.littleEndian(at: skip(UInt64(count)).lowerBound, count)
  }

  /// The range of the next `count` bytes, which are skipped.
  mutating func skip(_ count: UInt64) throws(PickleFault) -> Range<Int> {
    guard count <= UInt64(end - position) else { throw endsHere(count) }
    let start = position
    position += Int(count)
    return start..<position
  }

  /// The next bytes, behind their number in `width` bytes.
  mutating func counted(_ width: Int) throws(PickleFault) -> Range<Int> { try skip(unsigned(width)) }

  mutating func text(_ width: Int) throws(PickleFault) -> String {
    String(decoding: bytes[try counted(width)], as: UTF8.self)
  }

  /// The text up to the end of the line.
  mutating func line() throws(PickleFault) -> String {
    guard let newline = bytes[position..<end].firstIndex(of: 0x0A) else { throw endsHere(1) }
    defer { position = newline + 1 }
    return String(decoding: bytes[position..<newline], as: UTF8.self)
  }

  /// A big-endian double, as pickles have it.
  mutating func double() throws(PickleFault) -> Double {
    Double(bitPattern: try unsigned(8).byteSwapped)
  }

  /// A little-endian integer in two's complement of any length; nil if it does not fit.
  func integer(_ range: Range<Int>) -> Int? {
    guard range.count <= 8 else { return nil }
    if range.isEmpty { return 0 }
    let shift = 64 - 8 * range.count
    let word = Int64(bitPattern: bytes.littleEndian(at: range.lowerBound, range.count))
    return Int((word << shift) >> shift)
  }

  private func endsHere(_ missing: UInt64) -> PickleFault {
    PickleFault(
      "the pickle ends here, where \(missing) more \(missing == 1 ? "byte is" : "bytes are") needed",
      at: position)
  }
}
