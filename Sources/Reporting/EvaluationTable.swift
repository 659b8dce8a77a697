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
    lines += scoreLines
    for (output, names) in zip(outputs, classNames) {
      lines.append("")
      if outputs.count > 1 { lines.append("\(output.name)  \(output.line(loss: output.loss))") }
      lines += output.mistakeLines(names)
      lines.append("")
      lines +=
        output.confusion.classes <= ConfusionMatrix.reportLimit
        ? output.classTable(names).lines
        : ["The \(output.confusion.classes.grouped) classes are too many for a table of each."]
    }
    return lines
  }

  /// The interval of the accuracy, the scores of the probabilities, and the images with wrong labels.
  private var scoreLines: [String] {
    var scores: [String] = []
    if let interval = outputs[0].accuracyInterval {
      scores.append("95 % interval of the accuracy \(interval.low.fixed(4)) to \(interval.high.fixed(4))")
    }
    if let balanced = outputs[0].balancedAccuracy { scores.append("balanced accuracy \(balanced.fixed(4))") }
    var lines = scores.isEmpty ? [] : [scores.joined(separator: "  ")]
    if let probabilities {
      lines.append(
        "NLL \(probabilities.negativeLogLikelihood.fixed(4))  Brier \(probabilities.brier.fixed(4))  "
          + "ECE \(probabilities.expectedCalibrationError.fixed(4))")
    }
    if let wrongLabels {
      lines.append(
        "\(wrongLabels.misclassified) of \(wrongLabels.count.pluralized("image")) with a known wrong label "
          + "(arXiv 2103.14749) \(wrongLabels.misclassified == 1 ? "is" : "are") among the wrong ones")
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

  /// The largest number of classes whose matrix is printed, and the number of mistakes that are printed of more.
  private static let (matrixClasses, mistakeCount) = (30, 20)

  /// The confusion matrix; for many classes the most frequent mistakes.
  fileprivate func mistakeLines(_ classNames: [String]) -> [String] {
    if confusion.classes <= Self.matrixClasses {
      var table = Table([("", .right)] + confusion.labels.indices.map { (classNames.name(of: $0), .right) })
      for (label, row) in confusion.rows.enumerated() {
        table.add([classNames.name(of: label)] + row.map { "\($0)" })
      }
      return ["Confusion matrix: a row per label, a column per prediction"] + table.lines
    }
    let mistakes = confusion.mostFrequentMistakes(Self.mistakeCount)
    if mistakes.isEmpty { return ["No mistakes"] }
    var table = Table([("label", .right), ("predicted", .right), ("images", .right)])
    for (mistake, count) in mistakes {
      table.add([classNames.name(of: mistake.label), classNames.name(of: mistake.prediction), count.grouped])
    }
    return ["The most frequent mistakes"] + table.lines
  }
}
