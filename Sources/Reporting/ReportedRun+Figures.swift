import Formatting
import ImageFiles
import ModelFormats
import SVGCharts
import Training

extension ReportedRun {
  /// The largest number of classes of a confusion matrix that can be read.
  private static let drawnClasses = 100

  /// The confusion matrix of each output; nil where the test images were not evaluated, and for very many classes.
  public var confusionMatrices: [Figure?] {
    guard let outputs = testResult?.evaluation.outputs else { return config.model.outputs.map { _ in nil } }
    return zip(outputs, classNames).map { output, names in
      if output.confusion.classes > Self.drawnClasses { return nil }
      let isAlone = outputs.count == 1
      let chart = ConfusionMatrixChart(
        isAlone ? "Confusion matrix" : "Confusion matrix of \(output.name)",
        names: (0..<output.confusion.classes).map { names.name(of: $0) }, counts: output.confusion.rows)
      return Figure(name: isAlone ? "confusion" : "\(output.name)-confusion", drawing: chart.drawing)
    }
  }

  /// The misclassified digits; nil where there are none.
  public var misclassifiedDigits: Figure? {
    guard let testResult, !testResult.misclassified.isEmpty else { return nil }
    let items = testResult.misclassified.map { image in
      ImageGrid.Item(
        png: image.png, caption: [caption(of: image), image.confidence.percent],
        description: description(of: image))
    }
    let count = testResult.evaluation.count - testResult.evaluation.correct
    let shown = count > items.count ? "\(items.count) of \(count.grouped)" : "all \(count.grouped)"
    let title = "Misclassified digits: true → predicted label, \(shown)"
    return Figure(
      name: "misclassified", drawing: ImageGrid(title, items, columns: 10, side: 56).drawing)
  }

  /// The true and the predicted label, such as `4 → 9`.
  func caption(of image: MisclassifiedImage) -> String {
    "\(className(image.trueLabel)) → \(className(image.predictedLabel))"
  }

  /// The image in words, for tooltips and screen readers.
  func description(of image: MisclassifiedImage) -> String {
    "test image \(image.index.grouped), true label \(className(image.trueLabel)), predicted "
      + "\(className(image.predictedLabel)) with confidence \(image.confidence.percent)"
  }

  /// The filters of the first convolution.
  public struct Filters: Sendable {
    /// Images of the filters after training and, where the seed determines them, before; with one colour scale.
    public let figures: [Figure]
    /// The weight drawn as white; its negative is black.
    public let largest: Float
    /// The number of filter images, of which at most `maxFilters` are shown.
    public let count: Int
    /// The name of the tensor.
    public let name: String
  }

  /// The maximum number of filter images in a figure.
  static let maxFilters = 64

  /// The filters of the first convolution; nil for a network without convolutions.
  public var filters: Filters? {
    guard let after = checkpoint.weights.first(where: { $0.shape.count == 4 }) else { return nil }
    var tensors = [(file: "filters-after", title: "After training", tensor: after)]
    if history.beganWithWeights == false,
      let parameters = try? config.model.initialParameters(seed: config.seed)
    {
      let initial = config.model.tensors(of: parameters)
      if let before = initial.first(where: { $0.name == after.name }) {
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
    let enlarged = images.enlarged(by: max(1, Int(clamping: 2 * side) / images.shape.width))
    let items = (0..<min(images.count, maxFilters)).map { index in
      ImageGrid.Item(
        png: PNG.encode(Images(pixels: Array(enlarged[index]), shape: enlarged.shape)),
        description: "filter \(index + 1)")
    }
    let aspect = Double(images.shape.height) / Double(images.shape.width)
    let grid = ImageGrid(title, items, columns: 8, side: side, aspect: min(max(aspect, 0.1), 10))
    return Figure(name: file, drawing: grid.drawing)
  }

  /// A histogram of every parameter tensor.
  public var histograms: [Figure] {
    checkpoint.weights.map { tensor in
      let values = tensor.values.map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let subtitle =
        "\(values.count.grouped) values, mean \(mean.fixed(4)), std \(variance.squareRoot().fixed(4))"
      return Figure(
        name: "weights-\(tensor.name)",
        drawing: HistogramChart(tensor.name, subtitle: subtitle, tensor.values).drawing)
    }
  }
}

extension Double {
  /// The fraction in percent, such as `98.5 %`.
  var percent: String { "\((self * 100).fixed(1)) %" }
}
