import Statistics

/// Images by how probably their labels are wrong, as networks judge that were not trained on them.
public struct LabelSuspects: Sendable {
  /// One image.
  public struct Suspect: Sendable {
    /// Its number, as it was given.
    public let image: Int
    /// Its label.
    public let label: Int
    /// The class with the highest mean probability.
    public let prediction: Int
    /// The mean probability of its label.
    public let labelProbability: Double
    /// The mean probability of the prediction.
    public let predictionProbability: Double
    /// Whether confident learning takes its label for wrong.
    public let isIssue: Bool
  }

  /// All images, the least probable labels first; of equal ones in the order of their numbers.
  public let suspects: [Suspect]
  /// The number of images whose label confident learning takes for wrong.
  public var issueCount: Int { suspects.count(where: \.isIssue) }

  /// Ranks images by mean probabilities.
  ///
  /// - Parameters:
  ///   - images: number, label, and the mean probability of each class.
  public init(_ images: [(image: Int, label: Int, probabilities: [Double])], classes: Int) {
    let learning = ConfidentLearning(
      labels: images.map { $0.label }, probabilities: images.map { $0.probabilities }, classes: classes)
    suspects = images.map { image, label, probabilities in
      let largest = probabilities.max() ?? 0
      return Suspect(
        image: image, label: label, prediction: probabilities.firstIndex(of: largest) ?? 0,
        labelProbability: probabilities[label], predictionProbability: largest,
        isIssue: learning.isIssue(label: label, probabilities: probabilities))
    }.sorted { ($0.labelProbability, $0.image) < ($1.labelProbability, $1.image) }
  }
}
