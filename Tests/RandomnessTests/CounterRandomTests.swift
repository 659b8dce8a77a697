import Randomness
import Testing

@Suite struct CounterRandomTests {
  /// Known answers of Random123 for threefry2x32 with 20 rounds.
  @Test(arguments: [
    (SIMD2<UInt32>(0, 0), SIMD2<UInt32>(0, 0), SIMD2<UInt32>(0x6b20_0159, 0x99ba_4efe)),
    (
      SIMD2<UInt32>(.max, .max), SIMD2<UInt32>(.max, .max), SIMD2<UInt32>(0x1cb9_96fc, 0xbb00_2be7)
    ),
    (
      SIMD2<UInt32>(0x1319_8a2e, 0x0370_7344), SIMD2<UInt32>(0x243f_6a88, 0x85a3_08d3),
      SIMD2<UInt32>(0xc492_3a9c, 0x483d_f7a0)
    ),
  ])
  func knownAnswers(key: SIMD2<UInt32>, counter: SIMD2<UInt32>, expected: SIMD2<UInt32>) {
    #expect(CounterRandom.threefry(key: key, counter: counter) == expected)
  }

  @Test func permutationHoldsEveryIndexOnce() {
    let order = CounterRandom(seed: 3, purpose: .shuffle).permutation(1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != order.sorted())
  }

  @Test func purposesAndStreamsDiffer() {
    let draws = [
      CounterRandom(seed: 1, purpose: .shuffle), CounterRandom(seed: 1, purpose: .dropout),
      CounterRandom(seed: 1, purpose: .shuffle, stream: 1), CounterRandom(seed: 2, purpose: .shuffle),
    ].map { $0.bits(at: 0) }
    #expect(Set(draws).count == draws.count)
  }

  @Test func uniformIsUniform() {
    let random = CounterRandom(seed: 9, purpose: .sample)
    var buckets = [Int](repeating: 0, count: 10)
    for index in 0..<100_000 { buckets[Int(random.uniform(at: UInt64(index)) * 10)] += 1 }
    #expect(buckets.allSatisfy { abs($0 - 10_000) < 400 })
  }
}
