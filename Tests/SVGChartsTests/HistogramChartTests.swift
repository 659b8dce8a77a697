import SVGCharts
import Testing

struct HistogramChartTests {
  @Test("Every value is counted in one bin")
  func bins() {
    for values in [[0], [1, 1, 1], [0, 1, 2, 3, 4], (0..<9999).map { Float($0) }] as [[Float]] {
      let histogram = HistogramChart("w", values)
      #expect(histogram.counts.reduce(0, +) == values.count && histogram.counts.count <= 40)
    }
  }

  @Test("Values of any size are counted, if they are finite")
  func extremes() {
    let largest = Float.greatestFiniteMagnitude, smallest = Float.leastNonzeroMagnitude
    for values in [[smallest], [0, smallest], [-largest, largest], [largest], [.nan, .infinity, 1]]
      as [[Float]]
    {
      let histogram = HistogramChart("w", values)
      #expect(histogram.counts.reduce(0, +) == values.count(where: \.isFinite))
      #expect(!histogram.drawing.file.isEmpty)
    }
  }
}
