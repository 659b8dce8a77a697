import SVGCharts
import Training

extension [ReportedRun] {
  /// The learning curves: loss and accuracy over the epochs.
  ///
  /// The colour distinguishes training and validation of a single run, and the runs where there are several.
  public var learningCurves: [Figure] {
    curves(of: [
      ("loss", "Loss", .loss, .validationLoss, nil),
      ("accuracy", "Accuracy", .accuracy, .validationAccuracy, 0...1),
    ])
  }

  /// The learning curves of one output among several.
  func learningCurves(ofOutput name: String) -> [Figure] {
    let metrics = TrainConfig.Metric.metrics(ofOutput: name)
    return curves(of: [
      ("\(name)-loss", "Loss of \(name)", metrics[0], metrics[2], nil),
      ("\(name)-accuracy", "Accuracy of \(name)", metrics[1], metrics[3], 0...1),
    ])
  }

  private typealias Curve = (
    name: String, title: String, training: TrainConfig.Metric, validation: TrainConfig.Metric,
    bounds: ClosedRange<Double>?
  )

  private func curves(of metrics: [Curve]) -> [Figure] {
    metrics.compactMap { name, title, training, validation, bounds in
      let series = enumerated().flatMap { index, run in
        count == 1
          ? run.trainingAndValidation(training, validation) : run.comparison(index, training, validation)
      }
      if series.allSatisfy(\.points.isEmpty) { return nil }
      let hasTraining = count > 1 && series.contains(where: \.isDashed)
      let chart = LineChart(
        hasTraining ? "\(title) (dashed: training)" : title, series, x: "epoch", bestLabel: "best epoch",
        within: bounds)
      return Figure(name: name, drawing: chart.drawing)
    }
  }
}

extension ReportedRun {
  private func points(_ metric: TrainConfig.Metric) -> [LineChart.Point] {
    values(of: metric).map { LineChart.Point($0.epoch, $0.value) }
  }

  /// The series of a single run, each in a colour of its own.
  fileprivate func trainingAndValidation(
    _ training: TrainConfig.Metric, _ validation: TrainConfig.Metric
  ) -> [LineChart.Series] {
    let (training, validation) = (points(training), points(validation))
    return [
      LineChart.Series(
        "training", training, style: 0, isDashed: true, best: validation.isEmpty ? bestEpoch : nil),
      LineChart.Series("validation", validation, style: 1, best: bestEpoch),
    ].filter { !$0.points.isEmpty }
  }

  /// The series of run `index` among several, in the colour of the run; the legend names one of them.
  fileprivate func comparison(
    _ index: Int, _ training: TrainConfig.Metric, _ validation: TrainConfig.Metric
  ) -> [LineChart.Series] {
    let (training, validation) = (points(training), points(validation))
    let namesTraining = validation.isEmpty
    return [
      LineChart.Series(
        namesTraining ? label : nil, training, style: index, isDashed: true,
        best: namesTraining ? bestEpoch : nil),
      LineChart.Series(namesTraining ? nil : label, validation, style: index, best: bestEpoch),
    ].filter { !$0.points.isEmpty }
  }
}
