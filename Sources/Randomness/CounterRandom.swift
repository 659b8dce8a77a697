/// A counter-based random number generator: a draw is a function of the seed, the purpose and the position.
///
/// A draw is `Threefry-2x32-20(key, counter)` (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011): the key is derived from the seed and the purpose, the counter is the position. The generator has no
/// state to save in a checkpoint, and no draw depends on the order of the work or the number of threads.
public struct CounterRandom: Sendable {
  /// The purposes of random numbers, which are independent of each other for the same seed; the raw values are fixed.
  public enum Purpose: UInt32, Sendable {
    case initialWeights = 1
    case shuffle, resplit, validation, dropout, syntheticDigits, sample, augmentation
  }

  /// The two words of Threefry's key, derived from the seed, the purpose and `stream`.
  public let key: SIMD2<UInt32>

  /// A generator for one purpose; `stream` is an epoch, a layer or a parameter within it.
  public init(seed: UInt64, purpose: Purpose, stream: UInt64 = 0) {
    let seeded = Self.threefry(
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: SIMD2(purpose.rawValue, 0))
    key = Self.threefry(
      key: seeded,
      counter: SIMD2(UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)))
  }

  private init(key: SIMD2<UInt32>) { self.key = key }

  /// An independent generator derived from this one and two indices.
  public func substream(_ first: UInt32, _ second: UInt32) -> CounterRandom {
    CounterRandom(key: Self.threefry(key: key, counter: SIMD2(first, second)))
  }

  /// 64 random bits at position `index`.
  public func bits(at index: UInt64) -> UInt64 {
    let word = Self.threefry(
      key: key, counter: SIMD2(UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32)))
    return UInt64(word.x) | UInt64(word.y) << 32
  }

  /// A uniform random number in 0 ..< 1, with 53 random bits, at position `index`.
  public func uniform(at index: UInt64) -> Double {
    Double(bits(at: index) >> 11) * 0x1p-53
  }

  /// A uniform random number in `range` at position `index`.
  public func uniform(in range: ClosedRange<Double>, at index: UInt64) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform(at: index)
  }

  /// A uniform random integer in 0 ..< `bound` at position `index`, biased by less than 2^-64 (Lemire's multiplication).
  public func below(_ bound: Int, at index: UInt64) -> Int {
    Int(bits(at: index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A random permutation of 0 ..< `count` (Fisher-Yates, one draw per position).
  public func permutation(_ count: Int) -> [Int32] {
    var order = [Int32](0..<Int32(count))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, below(last + 1, at: UInt64(last)))
    }
    return order
  }

  /// Threefry-2x32 with 20 rounds: a bijection of the counter for every key.
  public static func threefry(key: SIMD2<UInt32>, counter: SIMD2<UInt32>) -> SIMD2<UInt32> {
    let schedule = (key.x, key.y, 0x1BD1_1BDA ^ key.x ^ key.y)
    var (a, b) = (counter.x &+ schedule.0, counter.y &+ schedule.1)
    func mix(_ rotation: UInt32) {
      a &+= b
      b = (b &<< rotation | b &>> (32 &- rotation)) ^ a
    }
    func inject(_ first: UInt32, _ second: UInt32, _ round: UInt32) {
      a &+= first
      b &+= second &+ round
    }
    mix(13); mix(15); mix(26); mix(6)
    inject(schedule.1, schedule.2, 1)
    mix(17); mix(29); mix(16); mix(24)
    inject(schedule.2, schedule.0, 2)
    mix(13); mix(15); mix(26); mix(6)
    inject(schedule.0, schedule.1, 3)
    mix(17); mix(29); mix(16); mix(24)
    inject(schedule.1, schedule.2, 4)
    mix(13); mix(15); mix(26); mix(6)
    inject(schedule.2, schedule.0, 5)
    return SIMD2(a, b)
  }
}
