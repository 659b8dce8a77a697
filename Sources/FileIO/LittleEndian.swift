extension RandomAccessCollection where Element == UInt8, Index == Int {
  /// The whole number of `count` bytes, at most 8, from `offset` on, counted from the start; the lowest byte is first.
  package func littleEndian(at offset: Int, _ count: Int) -> UInt64 {
    let first = startIndex + offset
    return self[first..<first + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension FixedWidthInteger {
  /// The bytes, the lowest one first.
  package var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
