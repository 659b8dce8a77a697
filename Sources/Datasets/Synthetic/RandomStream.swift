import Randomness

/// The random numbers of one synthetic digit, drawn sequentially.
package struct RandomStream {
  private let source: CounterRandom
  private var position: UInt64 = 0

  /// The random numbers of digit `index`.
  package init(seed: UInt64, index: UInt64) {
    source = CounterRandom(seed: seed, purpose: .syntheticDigits, stream: index)
  }

  /// The next 64 random bits.
  package mutating func bits() -> UInt64 {
    defer { position += 1 }
    return source.bits(at: position)
  }

  /// A uniform random number in `low` ..< `high`.
  package mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * Float(bits() >> 40) * 0x1p-24
  }

  /// A uniform random integer in 0 ..< `bound`.
  package mutating func below(_ bound: Int) -> Int {
    Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// An approximately normal random number of mean 0 and standard deviation `deviation`, within 3.5 deviations.
  ///
  /// The sum of four uniform numbers: unlike a logarithm, it has the same bits on every platform.
  package mutating func normal(_ deviation: Float) -> Float {
    let word = bits()
    let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
    return (Float(sum) * 0x1p-16 - 2) * 1.732_050_8 * deviation
  }

  /// A random factor around 1: 1 + x or 1 / (1 + x), with the same probability.
  package mutating func factor(_ deviation: Float) -> Float {
    let x = normal(deviation)
    return x < 0 ? 1 / (1 - x) : 1 + x
  }
}
