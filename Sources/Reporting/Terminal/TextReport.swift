import Formatting
import SVGCharts
import Training

/// A report in text: curves and tables.
package struct TextReport {
  private let runs: [ReportedRun]

  /// A report on one run, or a comparison of several.
  package init(_ runs: [ReportedRun]) { self.runs = runs }

  /// The lines of text, for a terminal of `width` characters.
  package func lines(width: Int, ascii: Bool) -> [String] {
    let width = min(max(width, 40), 160)
    var lines = runs.count == 1 ? [headline(runs[0])] : runs.table.lines
    let charts: [(String, TrainConfig.Metric, TrainConfig.Metric, ClosedRange<Double>?)] = [
      ("Loss", .loss, .validationLoss, nil), ("Accuracy", .accuracy, .validationAccuracy, 0...1),
    ]
    for (title, training, validation, bounds) in charts {
      let series = series(training, validation)
      if series.isEmpty { continue }
      let isValidation = runs.contains { !$0.values(of: validation).isEmpty }
      let title = runs.count > 1 && isValidation ? "Validation \(title.lowercased())" : title
      let chart = TextChart(title, series, x: "epoch", within: bounds)
      lines += [""] + chart.lines(width: width, ascii: ascii)
    }
    if let result = runs.first?.testResult, runs.count == 1 {
      for (output, names) in zip(result.evaluation.outputs, runs[0].classNames) {
        let accuracy = "\(output.name): accuracy \(output.accuracy.fixed(4))"
        let heading = result.evaluation.outputs.count > 1 ? [accuracy] : []
        lines += [""] + heading + output.classTable(names).lines
      }
    }
    return ascii ? lines.map { $0.replacing("─", with: "-") } : lines
  }

  private func headline(_ run: ReportedRun) -> String {
    let accuracy = run.accuracy.map { "accuracy \($0.value.fixed(4)) (\($0.of))" } ?? "no complete epoch yet"
    let best = run.bestEpoch.map { ", best epoch \($0.grouped)" } ?? ""
    return "\(run.config.name): \(accuracy), \(run.history.epochs.count.pluralized("epoch"))\(best), "
      + "\(run.history.seconds.duration) of training"
  }

  /// The curves: training and validation of a single run, or one curve of each of several runs.
  private func series(_ training: TrainConfig.Metric, _ validation: TrainConfig.Metric) -> [TextChart.Series]
  {
    func series(_ run: ReportedRun, _ metric: TrainConfig.Metric, _ name: String, _ letter: Character)
      -> TextChart.Series
    {
      TextChart.Series(
        name, letter: letter, run.values(of: metric).map { LineChart.Point($0.epoch, $0.value) })
    }
    let all =
      runs.count == 1
      ? [series(runs[0], training, "training", "t"), series(runs[0], validation, "validation", "v")]
      : zip(runs, "abcdefghijklmnopqrstuvwxyz").map { run, letter in
        let hasValidation = !run.values(of: validation).isEmpty
        return series(
          run, hasValidation ? validation : training, "\(run.label)\(hasValidation ? "" : " (training)")",
          letter)
      }
    return all.filter { !$0.points.isEmpty }
  }
}
