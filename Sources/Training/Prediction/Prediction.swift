import CNNEngine
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
  /// The predictions of each output of a model with several, the main one first; none with one output.
  public let outputs: [Output]

  /// The prediction of one output among several.
  public struct Output: Sendable {
    /// The name of its layer.
    public let name: String
    /// What it predicts.
    public let prediction: Prediction
  }

  /// The prediction of given logits; log-probabilities are logits, too.
  ///
  /// - Parameter outputs: the predictions of each of several outputs.
  public init(scores: [Float], outputs: [Output] = []) {
    self.outputs = outputs
    logits = scores.map(Double.init)
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    probabilities = powers.map { $0 / sum }
    label = logits.firstIndex(of: largest) ?? 0
  }

  /// The prediction of given probabilities, whose logarithms are the logits, as far down as softmax tells them apart.
  ///
  /// - Parameter outputs: the predictions of each of several outputs.
  init(probabilities: [Double], outputs: [Output] = []) {
    (self.probabilities, self.outputs) = (probabilities, outputs)
    logits = probabilities.map { max(log($0), Double(Softmax.leastLogProbability)) }
    label = probabilities.firstIndex(of: probabilities.max() ?? 0) ?? 0
  }

  /// The output of `cnn predict --json` for one image.
  ///
  /// - Parameter classNames: the names of the classes of each output.
  public func json(input: String, classNames: [[String]]) -> JSON {
    JSON(object: [("input", JSON(input))] + members(classNames: classNames))
  }

  /// Label, probabilities and logits of the main output as members of an object; `outputs` has those of each of several
  /// by the name of its layer.
  ///
  /// - Parameter classNames: the names of the classes of each output.
  public func members(classNames: [[String]]) -> [(String, JSON)] {
    let further = zip(outputs, classNames).map { output, names in
      (output.name, JSON(object: output.prediction.members(classNames: [names])))
    }
    return [
      ("label", JSON((classNames.first ?? []).name(of: label))),
      ("probabilities", JSON(probabilities.map { JSON($0) })), ("logits", JSON(logits.map { JSON($0) })),
    ] + (further.isEmpty ? [] : [("outputs", JSON(object: further))])
  }

  /// The `count` most probable classes in descending order.
  public func top(_ count: Int) -> [(label: Int, probability: Double)] {
    probabilities.enumerated().map { (label: $0.offset, probability: $0.element) }
      .sorted { ($0.probability, $1.label) > ($1.probability, $0.label) }
      .prefix(count).map { $0 }
  }
}
