import Randomness

/// The random numbers of one drawn digit, taken one after the other.
package struct DigitRandom {
  private let source: CounterRandom
  private var position: UInt64 = 0

  /// The numbers of digit `index`.
  package init(seed: UInt64, index: UInt64) {
    source = CounterRandom(seed: seed, purpose: .drawnDigits, stream: index)
  }

  /// The next 64 random bits.
  package mutating func bits() -> UInt64 {
    defer { position += 1 }
    return source.bits(at: position)
  }

  /// A number evenly spread over `low` ..< `high`.
  package mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * Float(bits() >> 40) * 0x1p-24
  }

  /// A whole number in 0 ..< `bound`.
  package mutating func below(_ bound: Int) -> Int {
    Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number of mean 0 and standard deviation `deviation`, never beyond 3.5 of it.
  ///
  /// The sum of four uniform numbers, which is close enough to a normal one and rounds alike everywhere.
  package mutating func normal(_ deviation: Float) -> Float {
    let word = bits()
    let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
    return (Float(sum) * 0x1p-16 - 2) * 1.732_050_8 * deviation
  }

  /// A factor around 1, as often 1 + x as 1 / (1 + x).
  package mutating func factor(_ deviation: Float) -> Float {
    let x = normal(deviation)
    return x < 0 ? 1 / (1 - x) : 1 + x
  }
}
