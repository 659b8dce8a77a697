import CNNEngine
import Randomness
import Testing

@Suite struct LaneThreefryTests {
  @Test func lanesAreThePlainFunction() {
    var key = SIMD2<UInt32>(0x1319_8a2e, 0x0370_7344)
    for round in 0..<200 {
      var (first, second) = (RandomLanes(), RandomLanes())
      for lane in 0..<CPUFeatures.laneCount {
        first[lane] = UInt32(truncatingIfNeeded: round &* 2_654_435_761 &+ lane)
        second[lane] = UInt32(truncatingIfNeeded: lane &* 40_503 &- round)
      }
      let (a, b) = RandomLanes.threefry(key: key, first, second)
      for lane in 0..<CPUFeatures.laneCount {
        let plain = CounterRandom.threefry(key: key, counter: SIMD2(first[lane], second[lane]))
        #expect(SIMD2(a[lane], b[lane]) == plain)
      }
      key = SIMD2(a[0], b[0])
    }
  }
}
