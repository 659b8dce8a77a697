import SVGCharts
import Testing

struct LineChartTests {
  @Test("Downsampling keeps the extremes")
  func downsampled() {
    let points = DrawingTests.points(100_000) { $0 == 5000 ? 9 : $0 == 70_000 ? -9 : 0 }
    let downsampled = LineChart.downsampled(points)
    #expect(downsampled.count <= 800 && downsampled.map(\.y).max() == 9 && downsampled.map(\.y).min() == -9)
    #expect(zip(downsampled, downsampled.dropFirst()).allSatisfy { $0.x < $1.x })
  }
}
