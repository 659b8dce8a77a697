import FileIO
import Formatting
import SVGCharts
import Training

/// The curve of a learning rate range test: loss against learning rate.
package struct LearningRateCurve {
  private let test: LearningRateRangeTest
  private let name: String

  /// The curve of a test of the config called `name`.
  package init(_ test: LearningRateRangeTest, name: String) { (self.test, self.name) = (test, name) }

  /// The chart and the suggestion as lines of text, for a terminal of `width` characters.
  ///
  /// - Parameter current: the learning rate of the config.
  package func lines(current: Double, width: Int, ascii: Bool) -> [String] {
    guard test.rates.count > 1 else { return ["The loss is not finite from the first steps on."] }
    let chart = TextChart(
      title,
      [
        TextChart.Series("loss", letter: "l", points(test.losses)),
        TextChart.Series("smoothed", letter: "s", points(test.smoothedLosses)),
      ], x: Self.xTitle, axis: axis)
    return chart.lines(width: min(max(width, 40), 160), ascii: ascii) + [""] + summary(current)
  }

  /// The suggestion, and where the loss is lowest.
  private func summary(_ current: Double) -> [String] {
    guard let suggestion = test.suggestion, let lowest = test.lowestStep else {
      let (low, high) = (test.rates[0].twoDigits, test.rates[test.rates.count - 1].twoDigits)
      return [
        "The loss does not fall at any learning rate from \(low) to \(high); the config has \(current)."
      ]
    }
    return [
      "The smoothed loss is lowest at \(test.rates[lowest].twoDigits): \(test.smoothedLosses[lowest].fixed(4)).",
      "Suggested: --lr \(suggestion), a tenth of that; the config has \(current).",
    ]
  }

  /// The columns `learning_rate`, `loss` and `smoothed_loss`, a row for each step.
  package var csv: [UInt8] {
    let rows = test.rates.indices.map { "\(test.rates[$0]),\(test.losses[$0]),\(test.smoothedLosses[$0])" }
    return (["learning_rate,loss,smoothed_loss"] + rows).textFile
  }

  /// The curve as an image; nil for fewer than two steps.
  package var figure: Figure? {
    guard test.rates.count > 1 else { return nil }
    let chart = LineChart(
      title,
      [
        LineChart.Series("loss", points(test.losses), style: 0, isDashed: true),
        LineChart.Series("smoothed", points(test.smoothedLosses), style: 1, best: test.suggestedStep),
      ], x: Self.xTitle, bestLabel: test.suggestion.map { "suggestion: \($0)" }, axis: axis)
    return Figure(name: "find-lr", drawing: chart.drawing)
  }

  private var title: String { "Loss of \(name) by learning rate" }
  private static let xTitle = "learning rate (logarithmic scale)"

  private var axis: AxisScale {
    AxisScale.steps(test.rates.count, through: test.rates[0]...test.rates[test.rates.count - 1], ticks: 5)
  }

  /// Losses as points; those at the end, which may be huge, no higher than twice the first.
  private func points(_ losses: [Double]) -> [LineChart.Point] {
    let first = test.smoothedLosses.first ?? 0
    let ceiling = max(2 * first, first + 1)
    return losses.enumerated().map { LineChart.Point($0, min($1, ceiling)) }
  }
}
