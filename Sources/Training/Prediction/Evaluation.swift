import ConfigDecoding

/// Metrics of a model over a set of images.
public struct Evaluation: Sendable {
  /// The mean loss, regularization included.
  public let loss: Double
  /// The confusion matrix: counts, `[label][prediction]`.
  public let confusion: [[Int]]

  /// An evaluation of given counts.
  public init(loss: Double, confusion: [[Int]]) { (self.loss, self.confusion) = (loss, confusion) }

  /// The number of images.
  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  /// The number of images whose prediction is their label.
  public var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }
  /// The fraction of images whose prediction is their label.
  public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }

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

  /// Precision, recall and F1 of each class.
  public var perClass: [PerClass] {
    confusion.indices.map { label in
      let correct = Double(confusion[label][label])
      let images = confusion[label].reduce(0, +)
      let predictions = confusion.reduce(0) { $0 + $1[label] }
      let precision = predictions == 0 ? nil : correct / Double(predictions)
      let recall = images == 0 ? nil : correct / Double(images)
      let f1 = predictions + images == 0 ? nil : 2 * correct / Double(predictions + images)
      return PerClass(label: label, precision: precision, recall: recall, f1: f1, count: images)
    }
  }

  /// The output of `cnn eval --json`.
  ///
  /// - Parameter seconds: how long the evaluation took.
  public func json(seconds: Double, classNames: [String]) -> JSON {
    JSON(object: [
      ("accuracy", JSON(accuracy)), ("loss", JSON(loss)), ("count", JSON(count)), ("seconds", JSON(seconds)),
      ("confusion", JSON(confusion.map { JSON($0.map { JSON($0) }) })),
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
    ])
  }
}
