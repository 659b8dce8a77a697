import ConfigDecoding

/// How far outputs are from labels, and which way is down.
package protocol Loss: Sendable {
  init(_ decoder: ConfigDecoder)

  /// Whether a softmax in front of it is part of it: the loss then reads the scores, which is more exact.
  static var absorbsSoftmax: Bool { get }

  /// The loss of each image of a block.
  ///
  /// - Parameters:
  ///   - y: `[classes]` vectors.
  ///   - labels: the class of each lane.
  ///   - dy: where the gradient goes, times `scale`, or nil.
  func evaluate(
    _ y: UnsafeMutablePointer<Lanes>, classes: Int, labels: Lanes, scale: Lanes,
    dy: UnsafeMutablePointer<Lanes>?
  ) -> Lanes
}

/// The word that names a loss in a config.
package enum LossType: String, CaseIterable, Sendable {
  case crossEntropy = "cross_entropy"
  case negativeLogLikelihood = "nll"
  case meanSquaredError = "mse"

  /// The type that reads it.
  package var loss: any Loss.Type {
    switch self {
    case .crossEntropy: CrossEntropy.self
    case .negativeLogLikelihood: NegativeLogLikelihood.self
    case .meanSquaredError: MeanSquaredError.self
    }
  }
}

extension Lanes {
  /// 1 in the lanes whose label is `label`, 0 elsewhere.
  @inline(__always)
  static func oneHot(_ labels: Lanes, _ label: Int) -> Lanes {
    Lanes().replacing(with: Lanes(repeating: 1), where: labels .== Lanes(repeating: Float(label)))
  }
}
