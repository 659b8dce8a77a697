import FileIO
import ModelFormats
import Testing

/// The expected records were written by TensorBoard for the same events.
@Suite struct TensorBoardEventTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func record(_ step: Int, _ content: TensorBoardEvent.Content) -> String {
    hex(TensorBoardEvent(wallTime: 1.5, step: step, content).record)
  }

  @Test func theVersionAndAStart() {
    #expect(
      record(0, .fileVersion)
        == "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c")
    #expect(record(3, .start) == "0f000000000000006d532b0909000000000000f83f10033a020801ec8612fc")
  }

  @Test func aSummaryOfEveryKind() {
    let picture = TensorBoardEvent.Value.image(
      png: [0x89, 0x50, 0x4E, 0x47], height: 5, width: 7, channels: 3)
    let histogram = Histogram([-1, 3, 1], buckets: 2)
    #expect(
      record(
        300,
        .summary([("loss", .scalar(0.25)), ("conv1/filters", picture), ("h", .histogram(histogram))]))
        == "93000000000000000fb9eaf609000000000000f83f10ac022a84010a0b0a046c6f7373150000803e0a1d0a0d636f6e7631"
        + "2f66696c74657273220c080510071803220489504e470a560a01682a5109000000000000f0bf11000000000000084019000000"
        + "00000008402100000000000008402900000000000026403210000000000000f03f00000000000008403a10000000000000f03f"
        + "000000000000004027fc2914")
  }

  @Test func aHistogramCountsEveryValueOnce() {
    let histogram = Histogram((0..<1000).map { Float($0) / 10 - 20 })
    #expect(
      histogram.counts.count == 64 && histogram.limits.count == 64
        && histogram.limits.last == histogram.maximum)
    #expect(histogram.counts.reduce(0, +) == 1000 && histogram.counts.allSatisfy { 15...16 ~= $0 })
    #expect(histogram.count == 1000 && histogram.minimum == -20 && abs(histogram.sum - 29_950) < 0.01)
    #expect(zip(histogram.limits, histogram.limits.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func equalValuesShareABucket() {
    let same = Histogram([0.5, 0.5])
    #expect(same.counts == [2] && same.limits == [0.5] && same.minimum == 0.5 && same.sumOfSquares == 0.5)
    let none = Histogram([])
    #expect(none.counts == [0] && none.limits == [0] && none.count == 0)
    let nearlyEqual = Histogram([1, Float(1).nextUp])
    #expect(nearlyEqual.counts.reduce(0, +) == 2)
  }

  @Test func onlyFiniteValuesAreCounted() {
    let largest = Float.greatestFiniteMagnitude
    let histogram = Histogram([.nan, -largest, .infinity, .leastNonzeroMagnitude, largest, -.infinity])
    #expect(histogram.count == 3 && histogram.counts.reduce(0, +) == 3)
    #expect(histogram.maximum == Double(largest) && histogram.limits.allSatisfy(\.isFinite))
  }
}
