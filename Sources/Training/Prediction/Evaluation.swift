import ConfigDecoding
import Statistics

/// Metrics of a model over a set of images.
public struct Evaluation: Sendable {
  /// The mean loss: of all outputs, each times its weight, regularization included.
  public let loss: Double
  /// The metrics of each output; the first is the main one, whose are accuracy and confusion matrix.
  public let outputs: [Output]
  /// The scores of the main output's probabilities; nil where only predictions were asked for.
  public var probabilities: ProbabilityScores?
  /// What became of the images whose labels are known to be wrong; nil for data of which none are known.
  public var wrongLabels: WrongLabels?

  /// Images whose labels are known to be wrong.
  public struct WrongLabels: Sendable, Equatable {
    /// The number of these images.
    public let count: Int
    /// The number of those that were predicted as something else.
    public let misclassified: Int
  }

  /// An evaluation with the metrics of every output.
  public init(loss: Double, outputs: [Output]) { (self.loss, self.outputs) = (loss, outputs) }

  /// An evaluation of given counts at the only output.
  public init(loss: Double, confusion: [[Int]]) {
    let confusion = ConfusionMatrix(rows: confusion)
    self.init(loss: loss, outputs: [Output(name: "", loss: loss, confusion: confusion)])
  }

  /// Metrics of one output over a set of images.
  public struct Output: Sendable {
    /// The name of its layer.
    public let name: String
    /// The mean loss, neither weighted nor with penalties.
    public let loss: Double
    /// The counts of labels and predictions.
    public let confusion: ConfusionMatrix

    /// Metrics of given counts.
    public init(name: String, loss: Double, confusion: ConfusionMatrix) {
      (self.name, self.loss, self.confusion) = (name, loss, confusion)
    }
  }

  /// The outputs whose metrics are reported one by one: all of them, or none where there is only one.
  public var separateOutputs: [Output] { outputs.count > 1 ? outputs : [] }

  /// The main output's confusion matrix.
  public var confusion: ConfusionMatrix { outputs[0].confusion }
  /// The number of images.
  public var count: Int { outputs[0].count }
  /// The number of images whose prediction is their label.
  public var correct: Int { outputs[0].correct }
  /// The fraction of images whose prediction is their label.
  public var accuracy: Double { outputs[0].accuracy }
  /// Precision, recall and F1 of each class of the main output.
  public var perClass: [PerClass] { outputs[0].perClass }

  /// Metrics of one class against all others; nil where the denominator is zero.
  public struct PerClass: Sendable {
    /// The label.
    public let label: Int
    /// Correct predictions among all predictions of this class.
    public let precision: Double?
    /// Correct predictions among all images of this class.
    public let recall: Double?
    /// The harmonic mean of precision and recall.
    public let f1: Double?
    /// The number of images of this class.
    public let count: Int
  }

  /// The output of `cnn eval --json`; `outputs` has each of several by the name of its layer.
  ///
  /// - Parameters:
  ///   - seconds: how long the evaluation took.
  ///   - classNames: the names of the classes of each output.
  public func json(seconds: Double, classNames: [[String]]) -> JSON {
    let further = zip(separateOutputs, classNames).map { output, names in
      (
        output.name,
        JSON(
          object: [
            ("accuracy", JSON(output.accuracy)), ("accuracy_interval", JSON(output.accuracyInterval)),
            ("loss", JSON(output.loss)), ("balanced_accuracy", JSON(orNull: output.balancedAccuracy)),
          ] + output.matrixJSON(names))
      )
    }
    return JSON(
      object: [
        ("accuracy", JSON(accuracy)), ("accuracy_interval", JSON(outputs[0].accuracyInterval)),
        ("loss", JSON(loss)), ("count", JSON(count)), ("seconds", JSON(seconds)),
        ("balanced_accuracy", JSON(orNull: outputs[0].balancedAccuracy)),
      ] + probabilityMembers + outputs[0].matrixJSON(classNames.first ?? [])
        + (further.isEmpty ? [] : [("outputs", JSON(object: further))]))
  }

  private var probabilityMembers: [(String, JSON)] {
    var members: [(String, JSON)] = []
    if let probabilities {
      members = [
        ("nll", JSON(probabilities.negativeLogLikelihood)), ("brier", JSON(probabilities.brier)),
        ("ece", JSON(probabilities.expectedCalibrationError)),
      ]
    }
    if let wrongLabels {
      let counts = [
        ("count", JSON(wrongLabels.count)), ("misclassified", JSON(wrongLabels.misclassified)),
      ]
      members.append(("known_wrong_labels", JSON(object: counts)))
    }
    return members
  }
}

extension JSON {
  /// The ends of an interval as an array; `null` for none.
  init(_ interval: Interval?) {
    self = interval.map { JSON([JSON($0.low), JSON($0.high)]) } ?? .null
  }
}

extension Evaluation.Output {
  /// The number of images.
  public var count: Int { confusion.labels.reduce(0, +) }
  /// The number of images whose prediction is their label.
  public var correct: Int { confusion.correct.reduce(0, +) }
  /// The fraction of images whose prediction is their label.
  public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }

  /// The 95 % interval of the accuracy over images, by Wilson's method; nil without images.
  public var accuracyInterval: Interval? { Proportion(correct, of: count).interval }

  /// The mean recall of the classes that have images; nil without images.
  public var balancedAccuracy: Double? {
    Statistics.balancedAccuracy(correct: confusion.correct, counts: confusion.labels)
  }

  /// Precision, recall and F1 of each class.
  public var perClass: [Evaluation.PerClass] {
    (0..<confusion.classes).map { label in
      let correct = Double(confusion.correct[label])
      let (images, predictions) = (confusion.labels[label], confusion.predictions[label])
      let precision = predictions == 0 ? nil : correct / Double(predictions)
      let recall = images == 0 ? nil : correct / Double(images)
      let f1 = predictions + images == 0 ? nil : 2 * correct / Double(predictions + images)
      return Evaluation.PerClass(label: label, precision: precision, recall: recall, f1: f1, count: images)
    }
  }

  /// The confusion matrix, and the metrics of each class; nothing for more classes than are reported one by one.
  fileprivate func matrixJSON(_ classNames: [String]) -> [(String, JSON)] {
    guard confusion.classes <= ConfusionMatrix.reportLimit else { return [] }
    return [
      ("confusion", JSON(confusion.rows.map { JSON($0.map { JSON($0) }) })),
      (
        "per_class",
        JSON(
          perClass.map { row in
            JSON(object: [
              ("class", JSON(classNames.name(of: row.label))), ("precision", JSON(orNull: row.precision)),
              ("recall", JSON(orNull: row.recall)), ("f1", JSON(orNull: row.f1)), ("count", JSON(row.count)),
            ])
          })
      ),
    ]
  }
}
