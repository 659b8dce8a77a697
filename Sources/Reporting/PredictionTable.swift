import FileIO
import Formatting
import Training

/// Predictions as CSV, a row for each image.
package struct PredictionTable {
  private var rows: [String]
  private let images: [String]
  private let classNames: [String]

  /// A table for `cnn eval --save-predictions`: image, label, prediction and the probability of each class.
  ///
  /// - Parameter images: the names of the images, in their order.
  package init(images: [String], classNames: [String]) {
    (self.images, self.classNames) = (images, classNames)
    let header = ["image", "label", "prediction"] + classNames.map { "p_\($0)".csvField }
    rows = [header.joined(separator: ",")]
  }

  /// Appends a row for the image at `position`.
  ///
  /// - Parameter scores: its logits at the main output.
  package mutating func add(position: Int, label: Int, scores: [Float]) {
    let prediction = Prediction(scores: scores)
    let fields = [
      images[position].oneLine, classNames.name(of: label), classNames.name(of: prediction.label),
    ].map(
      \.csvField)
    rows.append((fields + prediction.probabilities.map { "\($0)" }).joined(separator: ","))
  }

  /// Writes the table to the file at `path`; throws `DataError` if that fails.
  package func write(to path: String) throws(DataError) {
    try AtomicFile.write(rows.textFile, to: path)
  }
}

extension Prediction {
  /// The header of `cnn predict --csv`.
  package static let csvHeader = "input,label,probability"
  /// The header for the rows of a CSV file, as Kaggle's competitions of digits ask for it.
  package static let rowsHeader = "ImageId,Label"

  /// A row of `cnn predict --csv` below `csvHeader`.
  package func csvRow(input: String, classNames: [String]) -> String {
    "\(input.csvField),\(classNames.name(of: label).csvField),\(probabilities[label])"
  }

  /// A row of `cnn predict --csv` below `rowsHeader`.
  package func csvRow(number: Int, classNames: [String]) -> String {
    "\(number),\(classNames.name(of: label).csvField)"
  }
}
