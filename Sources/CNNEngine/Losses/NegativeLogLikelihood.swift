import ConfigDecoding

/// -scores[label], for a network that ends in log-softmax (PyTorch `NLLLoss`).
public struct NegativeLogLikelihood: Loss {
  /// The scores are log-probabilities already.
  public static let absorbsSoftmax = false

  /// Negative log-likelihood has no options.
  public init() {}

  /// Negative log-likelihood has no keys.
  public init(decoding decoder: ConfigDecoder) {}

  /// The gradient is -one-hot.
  public func evaluate(_ block: inout LossBlock) {
    for label in 0..<block.classes {
      let target = block.oneHot(label)
      block.losses = block.losses - target * block.scores[label]
      if let dy = block.gradient { dy[label] = -target * block.scale }
    }
  }
}
