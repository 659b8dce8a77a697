/// How often images of each class were predicted as each class.
///
/// Only counts that are not zero take memory, so that 65,536 classes fit.
public struct ConfusionMatrix: Sendable, Equatable {
  /// A label, and another class that was predicted.
  public struct Mistake: Sendable, Hashable {
    /// The label.
    public let label: Int
    /// The predicted class.
    public let prediction: Int
  }

  /// The number of images of each class.
  public private(set) var labels: [Int]
  /// The number of predictions of each class.
  public private(set) var predictions: [Int]
  /// The number of images of each class that were predicted as it.
  public private(set) var correct: [Int]
  private var mistakes: [Mistake: Int] = [:]

  /// The largest number of classes that are reported one by one.
  public static let reportLimit = 1_000

  /// A matrix of zeros for `classes` classes.
  public init(classes: Int) {
    let zeros = [Int](repeating: 0, count: classes)
    (labels, predictions, correct) = (zeros, zeros, zeros)
  }

  /// The matrix with these counts, `[label][prediction]`.
  public init(rows: [[Int]]) {
    self.init(classes: rows.count)
    for (label, row) in rows.enumerated() {
      for (prediction, count) in row.enumerated() where count > 0 { add(label, prediction, count) }
    }
  }

  /// Counts an image with this label as predicted.
  mutating func add(label: Int, prediction: Int) { add(label, prediction, 1) }

  private mutating func add(_ label: Int, _ prediction: Int, _ count: Int) {
    labels[label] += count
    predictions[prediction] += count
    if label == prediction {
      correct[label] += count
    } else {
      mistakes[Mistake(label: label, prediction: prediction), default: 0] += count
    }
  }

  /// The number of classes.
  public var classes: Int { labels.count }

  /// The counts, `[label][prediction]`; callers keep to `reportLimit` classes.
  public var rows: [[Int]] {
    var rows = correct.indices.map { label in
      var row = [Int](repeating: 0, count: classes)
      row[label] = correct[label]
      return row
    }
    for (mistake, count) in mistakes { rows[mistake.label][mistake.prediction] = count }
    return rows
  }

  /// The most frequent mistakes, at most `limit`; of equal ones those of the first labels.
  public func mostFrequentMistakes(_ limit: Int) -> [(mistake: Mistake, count: Int)] {
    mistakes.map { (mistake: $0.key, count: $0.value) }
      .sorted {
        ($1.count, $0.mistake.label, $0.mistake.prediction) < (
          $0.count, $1.mistake.label, $1.mistake.prediction
        )
      }
      .prefix(limit).map { $0 }
  }
}
