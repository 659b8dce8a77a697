import Datasets
import ImageFiles
import Testing
import TestSupport

@Suite struct DatasetStatisticsTests {
  private func statistics(
    _ pixels: [UInt8], _ labels: [UInt16], trainCount: Int, shape: ImageShape
  ) -> DatasetStatistics {
    let pool = LabeledImages(images: Images(pixels: pixels, shape: shape), labels: labels)
    return DatasetStatistics(
      Dataset(name: "x", pool: pool, trainCount: trainCount, classNames: ["a", "b", "c"]))
  }

  @Test func countsMeansAndSpread() {
    let result = statistics(
      [0, 255, 51, 51, 255, 0, 51, 51, 9, 9, 9, 9], [0, 2, 1], trainCount: 2,
      shape: ImageShape(channels: 2, height: 1, width: 2))
    #expect(result.parts.map(\.name) == ["training", "test"])
    #expect(result.parts.map(\.classCounts) == [[1, 0, 1], [0, 1, 0]])
    #expect(result.channelMeans == [0.5, 0.2])
    #expect(result.channelDeviations == [0.5, 0])
    #expect(result.brightest == 255)
    #expect(result.hints.isEmpty)
  }

  @Test func duplicates() {
    let result = statistics(
      [200, 1, 200, 2, 200, 1, 200, 2, 200, 3, 200, 1], [0, 1, 0, 0, 1, 2], trainCount: 4,
      shape: ImageShape(height: 1, width: 2))
    #expect(
      (result.duplicates.withinTrain, result.duplicates.betweenTrainAndTest, result.duplicates.withOtherLabel)
        == (2, 1, 2))
    #expect(result.hints.contains("1 test image also in the training set: the test accuracy is too high"))
    #expect(result.hints.contains("2 duplicates with another label"))
  }

  @Test func looks() {
    let shape = ImageShape(height: 4, width: 4)
    let wide: [UInt8] = [0, 0, 0, 0, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let high: [UInt8] = [0, 200, 0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0]
    let upright = statistics(wide + high + high, [0, 1, 2], trainCount: 3, shape: shape)
    #expect(!upright.looksTransposed && !upright.looksInverted)
    let lying = statistics(wide + wide + high + wide, [0, 1, 2, 0], trainCount: 4, shape: shape)
    #expect(lying.looksTransposed)
    #expect(lying.hints.first == "the images look transposed: ink is wider than high in 75 % of them")
    let inverted = statistics((high + high).map { 255 - $0 }, [0, 1], trainCount: 2, shape: shape)
    #expect(inverted.looksInverted && !inverted.looksTransposed)
    let dark = statistics(high.map { $0 / 10 }, [0], trainCount: 0, shape: shape)
    #expect(dark.hints == ["the images are dark: the brightest pixel is 20 of 255"])
  }

  @Test(.enabled(if: realMNIST != nil)) func ofMNIST() throws {
    let set = try Dataset.load(from: #require(realMNIST))
    let result = DatasetStatistics(
      Dataset(name: "t", pool: set.pool.selecting(60_000..<62_000), trainCount: 2000))
    #expect((0.05...0.12).contains(result.widerShare ?? 1))
    #expect(result.duplicates == DatasetStatistics.Duplicates())
    #expect(abs(result.channelMeans[0] - 0.13) < 0.01 && abs(result.channelDeviations[0] - 0.3) < 0.02)
  }
}
