import ConfigDecoding

/// -log softmax(scores)[label] (PyTorch `CrossEntropyLoss`, Keras `CategoricalCrossentropy`).
///
/// Behind log-softmax it is the same value, because the log-softmax of a log-softmax is itself.
public struct CrossEntropy: Loss {
  /// Softmax and logarithm are computed together.
  public static let absorbsSoftmax = true

  /// Cross-entropy has no options.
  public init() {}

  /// Cross-entropy has no keys.
  public init(decoding decoder: ConfigDecoder) {}

  /// The gradient is softmax(scores) - one-hot.
  public func evaluate(_ block: inout LossBlock) {
    let y = block.scores
    let normalizer = logSumOfExponentials(y, block.classes)
    for label in 0..<block.classes {
      let target = block.oneHot(label)
      let logProbability = y[label] - normalizer
      block.losses = block.losses - target * logProbability
      if let dy = block.gradient { dy[label] = (logProbability.exponential() - target) * block.scale }
    }
  }
}
