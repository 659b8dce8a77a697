import SVGCharts
import Testing

struct ConfusionMatrixChartTests {
  @Test("Cells without errors have the first colour of the scale, those with the most the last")
  func errorColors() {
    let svg = ConfusionMatrixChart(
      "m", names: ["a", "b", "c"], counts: [[900, 1, 9], [0, 800, 5], [0, 0, 7]]
    ).drawing
      .inline.text
    #expect(
      svg.contains("level1") && svg.contains("level3") && svg.contains("level5") && svg.contains("diagonal"))
  }
}
