#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a model says of one image.
public struct Prediction: Sendable {
  /// The class with the highest score.
  public let label: Int
  /// The probability of each class.
  public let probabilities: [Double]
  /// The scores before softmax.
  public let logits: [Double]

  /// The outcome of scores: softmax of log-probabilities gives the probabilities back, too.
  public init(scores: [Float]) {
    logits = scores.map(Double.init)
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    probabilities = powers.map { $0 / sum }
    label = logits.firstIndex(of: largest) ?? 0
  }

  /// The `count` most probable classes, most probable first.
  public func top(_ count: Int) -> [(label: Int, probability: Double)] {
    probabilities.enumerated().map { (label: $0.offset, probability: $0.element) }
      .sorted { ($0.probability, $1.label) > ($1.probability, $0.label) }
      .prefix(count).map { $0 }
  }
}
