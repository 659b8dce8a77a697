/// Confident learning (Northcutt, Jiang and Chuang 2021): which labels are probably wrong, by the probabilities that
/// networks give to images that they were not trained on.
public struct ConfidentLearning: Sendable {
  /// The threshold of each class: the mean probability of the class over the images that have it as their label;
  /// infinite for a class without images.
  public let thresholds: [Double]

  /// Probabilities count as above a threshold from this distance below it on, as in cleanlab.
  private static let tolerance = 1e-6

  /// The thresholds of labels and the probabilities of each class, `[images][classes]`.
  public init(labels: [Int], probabilities: [[Double]], classes: Int) {
    var sums = [Double](repeating: 0, count: classes)
    var counts = [Int](repeating: 0, count: classes)
    for (label, row) in zip(labels, probabilities) {
      sums[label] += row[label]
      counts[label] += 1
    }
    thresholds = zip(sums, counts).map { sum, count in
      count == 0 ? .infinity : max(sum / Double(count), 2 * Self.tolerance)
    }
  }

  /// Whether a label is probably wrong: another class reaches its threshold, and is the most probable one. Of several
  /// classes that reach theirs, the most probable one of all is taken.
  ///
  /// - Parameter probabilities: that of each class for the image.
  public func isIssue(label: Int, probabilities: [Double]) -> Bool {
    let confident = probabilities.indices.filter { probabilities[$0] >= thresholds[$0] - Self.tolerance }
    let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] }
    guard let first = confident.first, let best, best != label else { return false }
    return (confident.count == 1 ? first : best) != label
  }
}
