extension RandomAccessCollection where Element == UInt8, Index == Int {
  /// The little-endian integer in the `count` (at most 8) bytes at `offset` from the start.
  package func littleEndian(at offset: Int, _ count: Int) -> UInt64 {
    let first = startIndex + offset
    return self[first..<first + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension FixedWidthInteger {
  /// The bytes in little-endian order.
  package var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
