/// The order of file names in which numbers count by their value: `2.png` is before `10.png`.
enum NaturalOrder {
  /// Negative if `a` is before `b`, positive if it is behind, 0 if they differ in leading zeros at most.
  static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in compare(a, b) } }
  }

  private static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
      if isDigit(a[i]), isDigit(b[j]) {
        let (first, second) = (number(in: a, &i), number(in: b, &j))
        if first.count != second.count { return first.count - second.count }
        for (x, y) in zip(first, second) where a[x] != b[y] { return Int(a[x]) - Int(b[y]) }
      } else {
        if a[i] != b[j] { return Int(a[i]) - Int(b[j]) }
        i += 1
        j += 1
      }
    }
    return (a.count - i) - (b.count - j)
  }

  /// The digits of the number at `index` without leading zeros; `index` moves behind it.
  private static func number(in name: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Range<Int> {
    while index < name.count, name[index] == 0x30 { index += 1 }
    let start = index
    while index < name.count, isDigit(name[index]) { index += 1 }
    return start..<index
  }

  private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
}
