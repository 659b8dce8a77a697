import ConfigDecoding

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The prediction of a model for one image.
public struct Prediction: Sendable {
  /// The label with the highest logit; the first of equal ones.
  public let label: Int
  /// The probability of each class, the softmax of the logits.
  public let probabilities: [Double]
  /// The logits.
  public let logits: [Double]

  /// The prediction of given logits; log-probabilities are logits, too.
  public init(scores: [Float]) {
    logits = scores.map(Double.init)
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    probabilities = powers.map { $0 / sum }
    label = logits.firstIndex(of: largest) ?? 0
  }

  /// The output of `cnn predict --json` for one image.
  public func json(input: String, classNames: [String]) -> JSON {
    JSON(object: [
      ("input", JSON(input)), ("label", JSON(classNames.name(of: label))),
      ("probabilities", JSON(probabilities.map { JSON($0) })), ("logits", JSON(logits.map { JSON($0) })),
    ])
  }

  /// The `count` most probable classes in descending order.
  public func top(_ count: Int) -> [(label: Int, probability: Double)] {
    probabilities.enumerated().map { (label: $0.offset, probability: $0.element) }
      .sorted { ($0.probability, $1.label) > ($1.probability, $0.label) }
      .prefix(count).map { $0 }
  }
}
