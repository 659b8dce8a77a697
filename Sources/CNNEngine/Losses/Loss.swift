import ConfigDecoding

/// The loss of an image's scores, given its class, and its gradient.
///
/// A new loss is a file with a type that conforms to `Loss`, one case of `LossType`, and the line in its switch that the
/// compiler requires.
public protocol Loss: Sendable {
  /// Reads the loss's own keys; `type` has been read.
  init(decoding decoder: ConfigDecoder)

  /// Whether a softmax in front of it is part of it: the loss then reads the logits, which is more exact.
  static var absorbsSoftmax: Bool { get }

  /// Computes the loss of each image of a batch block, and in training its gradient.
  func evaluate(_ block: inout LossBlock)
}

/// The scores and classes of one batch block, and the losses and gradients that a `Loss` computes from them.
public struct LossBlock {
  /// `[classes]` vectors of scores.
  let scores: UnsafeMutablePointer<Lanes>
  /// `[classes]` vectors of the scores' gradient, to be multiplied by `scale`; nil in evaluation.
  let gradient: UnsafeMutablePointer<Lanes>?
  let classes: Int
  /// The class of each image.
  let labels: Lanes
  /// 1 / N for the images of the block, 0 for lanes without an image.
  let scale: Lanes
  /// The loss of each image.
  var losses = Lanes()

  /// 1 for the images of class `label`, 0 for others.
  @inline(__always)
  func oneHot(_ label: Int) -> Lanes {
    Lanes().replacing(with: Lanes(repeating: 1), where: labels .== Lanes(repeating: Float(label)))
  }
}

/// The name of a loss in a config.
package enum LossType: String, CaseIterable, Sendable {
  case crossEntropy = "cross_entropy"
  case negativeLogLikelihood = "nll"
  case meanSquaredError = "mse"

  /// The type that decodes and computes it.
  package var loss: any Loss.Type {
    switch self {
    case .crossEntropy: CrossEntropy.self
    case .negativeLogLikelihood: NegativeLogLikelihood.self
    case .meanSquaredError: MeanSquaredError.self
    }
  }

  /// The case of a loss; nil for one without a name in configs.
  init?(of loss: any Loss) {
    guard let match = Self.allCases.first(where: { $0.loss == type(of: loss) }) else { return nil }
    self = match
  }
}
