/// Random choices from the input; after its end, every choice is the first.
struct Choices {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// Whether the input is used up.
  var isEmpty: Bool { rest.isEmpty }

  mutating func next(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(rest.popFirst() ?? 0) % range.count
  }

  mutating func flag() -> Bool { next(0...1) == 1 }

  /// An integer of 64 bits.
  mutating func integer() -> Int {
    Int(bitPattern: UInt((0..<8).reduce(0) { bits, _ in bits << 8 | UInt(next(0...255)) }))
  }

  /// One of the numbers at the ends of what there is, or any other one.
  mutating func number() -> Double {
    let extremes = [
      0, -0.0, 1, -1, 0.5, 97.5, 1e19, -1e19, 1e300, -1e300, .leastNonzeroMagnitude, 1e-45,
      .greatestFiniteMagnitude,
      .infinity,
      -.infinity, .nan,
    ]
    let place = next(0...31)
    return place < extremes.count ? extremes[place] : Double(bitPattern: UInt64(bitPattern: Int64(integer())))
  }

  /// A text of at most `length` bytes, which need not be UTF-8.
  mutating func text(_ length: Int = 12) -> String {
    String(decoding: (0..<next(0...length)).map { _ in UInt8(next(0...255)) }, as: UTF8.self)
  }
}
