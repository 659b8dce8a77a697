import ConfigDecoding

/// The mean over the classes of (score - one-hot)^2 (Keras `MeanSquaredError`).
public struct MeanSquaredError: Loss {
  /// It compares the scores as they are.
  public static let absorbsSoftmax = false

  /// Mean squared error has no options.
  public init() {}

  /// Mean squared error has no keys.
  public init(decoding decoder: ConfigDecoder) {}

  /// The gradient is 2 (score - one-hot) / classes.
  public func evaluate(_ block: inout LossBlock) {
    let mean = Lanes(repeating: 1 / Float(block.classes))
    for label in 0..<block.classes {
      let difference = block.scores[label] - block.oneHot(label)
      block.losses.addProduct(difference * difference, mean)
      if let dy = block.gradient { dy[label] = difference * 2 * mean * block.scale }
    }
  }
}
