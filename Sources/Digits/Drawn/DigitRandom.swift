import Randomness

/// The random numbers of one drawn digit, taken one after the other.
struct DigitRandom {
  private let source: CounterRandom
  private var position: UInt64 = 0

  init(seed: UInt64, index: UInt64) {
    source = CounterRandom(seed: seed, purpose: .drawnDigits, stream: index)
  }

  /// The next 64 random bits.
  mutating func bits() -> UInt64 {
    defer { position += 1 }
    return source.bits(at: position)
  }

  /// A number evenly spread over `low` ..< `high`.
  mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * Float(bits() >> 40) * 0x1p-24
  }

  /// A whole number in 0 ..< `bound`.
  mutating func below(_ bound: Int) -> Int {
    Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number of mean 0 and standard deviation `deviation`, never beyond 3.5 of it: the sum of four
  /// uniform ones, which rounds alike on every machine.
  mutating func normal(_ deviation: Float) -> Float {
    let word = bits()
    let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
    return (Float(sum) * 0x1p-16 - 2) * 1.732_050_8 * deviation
  }
}
