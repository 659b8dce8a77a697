import ConfigDecoding
import Formatting
import JSONText
import Reporting
import Training

/// The output of `cnn predict`: lines or bars, one JSON array, or CSV.
struct PredictionPrinter {
  /// How predictions are printed.
  enum Format {
    /// A line each, or bars for few on a terminal, with the `top` most probable classes.
    case text(top: Int?)
    case json, csv
  }

  private let format: Format
  private let classNames: [[String]]
  private let inputCount: Int
  private var objects: [JSON] = []
  private var hasHeader = false

  /// The largest number of images that are printed with bars on a terminal; more get one line each.
  private static let mostWithBars = 8

  /// - Parameters:
  ///   - classNames: the names of the classes of each output.
  ///   - inputCount: the number of inputs that will be printed.
  init(_ format: Format, classNames: [[String]], inputCount: Int) {
    (self.format, self.classNames, self.inputCount) = (format, classNames, inputCount)
  }

  /// Prints the predictions of the images of `input`.
  mutating func print(_ predictions: [Prediction], of input: PredictionInput) throws {
    switch format {
    case .json:
      objects += zip(predictions, input.names).map { $0.json(input: $1, classNames: classNames) }
    case .csv: try printCSV(predictions, of: input)
    case .text(let top):
      let hasBars = inputCount - 1 + predictions.count <= Self.mostWithBars
      for (prediction, name) in zip(predictions, input.names) {
        try print(prediction, of: name, top: top, hasBars: hasBars)
      }
    }
  }

  /// Prints what was collected.
  func finish() throws {
    if case .json = format { try Console.print(JSON(objects).text(pretty: false)) }
  }

  private mutating func printCSV(_ predictions: [Prediction], of input: PredictionInput) throws {
    // Numbers of rows are only those of one file.
    let firstRow = inputCount == 1 ? input.firstRow : nil
    var lines: [String] = []
    if !hasHeader { lines.append(firstRow == nil ? Prediction.csvHeader : Prediction.rowsHeader) }
    hasHeader = true
    for (index, prediction) in predictions.enumerated() {
      if let firstRow {
        lines.append(prediction.csvRow(number: firstRow + index, classNames: classNames[0]))
      } else {
        lines.append(prediction.csvRow(input: input.names[index].oneLine, classNames: classNames[0]))
      }
    }
    try Console.print(lines)
  }

  /// Prints a prediction with bars on a terminal, else as one line; a line for each further output follows.
  private func print(_ prediction: Prediction, of input: String, top: Int?, hasBars: Bool) throws {
    let names = classNames[0].map(\.oneLine)
    if hasBars, let width = Console.outputWidth {
      let bars = ProbabilityBars(ProbabilityBars.Style(width: width, environment: Console.environment))
      let lines = bars.lines(
        input: input.oneLine, prediction: names.name(of: prediction.label),
        classes: prediction.probabilities(classNames: names, top: top))
      for line in lines { try Console.print(styled: line) }
    } else {
      try Console.print(prediction.line(input: input, classNames: names, top: top ?? 3))
    }
    for line in prediction.furtherLines(classNames: classNames) { try Console.print(line) }
  }
}
