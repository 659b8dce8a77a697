import Formatting
import Training

extension Evaluation {
  /// The output of `cnn eval`: loss and accuracy, the confusion matrix, and the metrics of each class; of several outputs
  /// each has its own.
  ///
  /// - Parameters:
  ///   - title: the model and the images.
  ///   - seconds: how long the evaluation took.
  ///   - classNames: the names of the classes of each output.
  package func lines(title: String, seconds: Double, classNames: [[String]]) -> [String] {
    var lines = [
      title, "\(count.grouped) images  \(outputs[0].line(loss: loss))  \(seconds.duration)",
    ]
    for (output, names) in zip(outputs, classNames) {
      lines.append("")
      if outputs.count > 1 { lines.append("\(output.name)  \(output.line(loss: output.loss))") }
      lines.append("Confusion matrix: a row per label, a column per prediction")
      lines += output.confusionTable(names).lines
      lines.append("")
      lines += output.classTable(names).lines
    }
    return lines
  }
}

extension Evaluation.Output {
  /// A loss, and the accuracy.
  fileprivate func line(loss: Double) -> String {
    "loss \(loss.fixed(4))  accuracy \(accuracy.fixed(4))  "
      + "(\(correct.grouped) right, \((count - correct).grouped) wrong)"
  }

  fileprivate func confusionTable(_ classNames: [String]) -> Table {
    var table = Table([("", .right)] + confusion.indices.map { (classNames.name(of: $0), .right) })
    for (label, row) in confusion.enumerated() {
      table.add([classNames.name(of: label)] + row.map { "\($0)" })
    }
    return table
  }
}
