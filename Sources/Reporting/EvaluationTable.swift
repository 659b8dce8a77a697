import Formatting
import Training

extension Evaluation {
  /// The output of `cnn eval`: loss and accuracy, the confusion matrix, and the metrics of each class.
  ///
  /// - Parameters:
  ///   - title: the model and the images.
  ///   - seconds: how long the evaluation took.
  package func lines(title: String, seconds: Double, classNames: [String]) -> [String] {
    [
      title,
      "\(count.grouped) images  loss \(loss.fixed(4))  accuracy \(accuracy.fixed(4))  "
        + "(\(correct.grouped) right, \((count - correct).grouped) wrong)  \(seconds.duration)", "",
      "Confusion matrix: a row per label, a column per prediction",
    ] + confusionTable(classNames).lines + [""] + classTable(classNames).lines
  }

  private func confusionTable(_ classNames: [String]) -> Table {
    var table = Table([("", .right)] + confusion.indices.map { (classNames.name(of: $0), .right) })
    for (label, row) in confusion.enumerated() {
      table.add([classNames.name(of: label)] + row.map { "\($0)" })
    }
    return table
  }
}
