import Formatting
import ImageFiles
import ModelFormats
import SVGCharts
import Training

/// A picture of a report and the name of its files.
public struct Figure: Sendable {
  /// Its files are called so, with `.svg` and `.png`.
  public let name: String
  /// What it shows.
  public let drawing: Drawing
}

extension [ReportedRun] {
  /// The curves of loss and accuracy; of one run training and validation in two colours, of several runs each in
  /// its own.
  public var curves: [Figure] {
    let metrics: [(String, String, TrainConfig.Metric, TrainConfig.Metric, ClosedRange<Double>?)] = [
      ("loss", "Loss", .loss, .validationLoss, nil),
      ("accuracy", "Accuracy", .accuracy, .validationAccuracy, 0...1),
    ]
    return metrics.compactMap { name, title, training, validation, bounds in
      let series = enumerated().flatMap { index, run in
        count == 1 ? run.both(training, validation) : run.overlaid(index, training, validation)
      }
      if series.allSatisfy(\.points.isEmpty) { return nil }
      let hasTraining = count > 1 && series.contains(where: \.isDashed)
      let chart = LineChart(
        hasTraining ? "\(title), dashed in training" : title, series, x: "epoch", note: "best epoch",
        within: bounds)
      return Figure(name: name, drawing: chart.drawing)
    }
  }
}

extension ReportedRun {
  private func points(_ metric: TrainConfig.Metric) -> [LineChart.Point] {
    values(of: metric).map { LineChart.Point($0.epoch, $0.value) }
  }

  fileprivate func both(_ training: TrainConfig.Metric, _ validation: TrainConfig.Metric) -> [LineChart
    .Series]
  {
    let (trained, validated) = (points(training), points(validation))
    let best = bestEpoch
    return [
      LineChart.Series(
        "training", trained, style: 0, isDashed: true, best: validated.isEmpty ? best : nil),
      LineChart.Series("validation", validated, style: 1, best: best),
    ].filter { !$0.points.isEmpty }
  }

  fileprivate func overlaid(
    _ index: Int, _ training: TrainConfig.Metric, _ validation: TrainConfig.Metric
  ) -> [LineChart.Series] {
    let (trained, validated) = (points(training), points(validation))
    let named = validated.isEmpty
    return [
      LineChart.Series(
        named ? label : nil, trained, style: index, isDashed: true, best: named ? bestEpoch : nil),
      LineChart.Series(named ? nil : label, validated, style: index, best: bestEpoch),
    ].filter { !$0.points.isEmpty }
  }

  /// Labels and guesses counted; nil where no test images were read.
  public var confusion: Figure? {
    reading.map { reading in
      let names = reading.evaluation.confusion.indices.map(className)
      let matrix = Matrix("Confusion matrix", names: names, counts: reading.evaluation.confusion)
      return Figure(name: "confusion", drawing: matrix.drawing)
    }
  }

  /// The misread images; nil where there are none.
  public var gallery: Figure? {
    guard let reading, !reading.mistakes.isEmpty else { return nil }
    let items = reading.mistakes.map { mistake in
      ImageGrid.Item(
        png: mistake.png, lines: [words(for: mistake), mistake.score.percent], name: sentence(for: mistake))
    }
    let all = reading.evaluation.count - reading.evaluation.correct
    let shown = all > items.count ? ", \(items.count) of \(all.grouped)" : ", all \(all.grouped)"
    return Figure(
      name: "misread",
      drawing: ImageGrid("Misread digits: label → guess\(shown)", items, columns: 10, side: 56).drawing)
  }

  /// Label and guess in short.
  func words(for mistake: Mistake) -> String { "\(className(mistake.label)) → \(className(mistake.guess))" }

  /// Label, guess and score in a sentence.
  func sentence(for mistake: Mistake) -> String {
    "test image \(mistake.position.grouped), a \(className(mistake.label)) read as "
      + "\(className(mistake.guess)) with \(mistake.score.percent)"
  }

  /// The filters of the first convolution.
  public struct Filters: Sendable {
    /// Before training, where the seed tells what they were, and after; at the same scale.
    public let figures: [Figure]
    /// The weight that is white; its negative is black.
    public let largest: Float
    /// How many images of filters there are, not all of which may be shown.
    public let count: Int
    /// The tensor.
    public let name: String
  }

  /// As many images of filters as are shown.
  static let mostFilters = 64

  /// The filters of the first convolution; nil where there is none.
  public var filters: Filters? {
    guard let after = checkpoint.weights.first(where: { $0.shape.count == 4 }) else { return nil }
    var tensors = [(file: "filters-after", title: "After training", tensor: after)]
    if history.beganWithWeights == false {
      let drawn = config.model.tensors(of: config.model.initialParameters(seed: config.seed))
      if let before = drawn.first(where: { $0.name == after.name }) {
        tensors.insert(("filters-before", "Before training", before), at: 0)
      }
    }
    let largest = tensors.map(\.tensor.largestMagnitude).max() ?? 0
    let figures = tensors.compactMap { file, title, tensor in
      tensor.filterImages(largest: largest).map { Self.figure(of: $0, file, "\(title): \(after.name)") }
    }
    let count = after.filterImages?.count ?? 0
    return Filters(figures: figures, largest: largest, count: count, name: after.name)
  }

  private static func figure(of images: Images, _ file: String, _ title: String) -> Figure {
    let side = 46.0
    let enlarged = images.enlarged(by: max(1, Int(2 * side) / images.shape.width))
    let items = (0..<Swift.min(images.count, mostFilters)).map { index in
      ImageGrid.Item(
        png: PNG.encode(Images(pixels: Array(enlarged[index]), shape: enlarged.shape)),
        name: "filter \(index + 1)")
    }
    let aspect = Double(images.shape.height) / Double(images.shape.width)
    let grid = ImageGrid(title, items, columns: 8, side: side, aspect: Swift.min(max(aspect, 0.1), 10))
    return Figure(name: file, drawing: grid.drawing)
  }

  /// The distribution of each parameter's values.
  public var histograms: [Figure] {
    checkpoint.weights.map { tensor in
      let values = tensor.values.map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let subtitle =
        "\(values.count.grouped) values, mean \(mean.fixed(4)), sd \(variance.squareRoot().fixed(4))"
      return Figure(
        name: "weights-\(tensor.name)",
        drawing: Histogram(tensor.name, subtitle: subtitle, tensor.values).drawing)
    }
  }
}

extension Double {
  /// A part of one in percent: `98.5 %`.
  var percent: String { "\((self * 100).fixed(1)) %" }
}
