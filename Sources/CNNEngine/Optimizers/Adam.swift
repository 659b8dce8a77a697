import ConfigDecoding
import CSIMD

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adam (Kingma and Ba 2015), and AdamW with `decoupled_weight_decay`.
///
/// PyTorch adds epsilon to sqrt(v / (1 - b2^t)); Keras and TensorFlow to sqrt(v), before the bias is corrected.
public struct Adam: UpdateRule {
  /// Decay of the mean gradient.
  public let beta1: Double
  /// Decay of the mean square.
  public let beta2: Double
  /// The constant that avoids a division by zero.
  public let epsilon: Double
  /// Weight decay.
  public let decay: WeightDecay
  /// The framework whose update formula it uses.
  public let flavor: OptimizerFlavor

  /// Adam with the defaults and the update formula of `flavor`, unless overridden.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double? = nil, decay: WeightDecay? = nil,
    flavor: OptimizerFlavor = .torch
  ) {
    (self.beta1, self.beta2, self.flavor) = (beta1, beta2, flavor)
    self.epsilon = epsilon ?? (flavor == .keras ? 1e-7 : 1e-8)
    self.decay = decay ?? WeightDecay(isDecoupled: flavor == .keras)
  }

  /// Reads `beta1`, `beta2`, `epsilon` and weight decay.
  public init(decoding decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    let defaults = Adam(flavor: flavor)
    self.flavor = flavor
    beta1 = decoder.value(
      "beta1", .number(.within(0...0.999_999_9)), default: JSON(defaults.beta1), "decay of the mean gradient")
    beta2 = decoder.value(
      "beta2", .number(.within(0...0.999_999_9)), default: JSON(defaults.beta2), "decay of the mean square")
    epsilon = decoder.value(
      "epsilon", .number(.within(0...1)), default: JSON(defaults.epsilon), "avoids a division by zero")
    decay = WeightDecay(decoding: decoder, flavor: flavor)
  }

  /// The mean gradient and the mean square.
  public var slots: [OptimizerSlot] {
    [OptimizerSlot(name: "exp_avg", initial: 0), OptimizerSlot(name: "exp_avg_sq", initial: 0)]
  }

  /// Updates the weights in one loop over vectors.
  public func update(_ range: Range<Int>, _ buffers: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g, mean, square) = (
      buffers.weights.vectors, buffers.gradients.vectors, buffers.slot(0), buffers.slot(1)
    )
    let (coupled, kept) = decay.factors(learningRate: learningRate)
    let correction1 = 1 - pow(beta1, Double(step))
    let correction2 = (1 - pow(beta2, Double(step))).squareRoot()
    let (new1, new2) = (Lanes(repeating: Float(1 - beta1)), Lanes(repeating: Float(1 - beta2)))
    let epsilon = Lanes(repeating: Float(epsilon))
    let correctsBiasFirst = flavor == .torch
    let rate = Lanes(
      repeating: Float(
        correctsBiasFirst ? learningRate / correction1 : learningRate * correction2 / correction1))
    let rootScale = Lanes(repeating: Float(correctsBiasFirst ? 1 / correction2 : 1))
    for i in range {
      let gradient = g[i].addingProduct(coupled, w[i])
      mean[i] = mean[i].addingProduct(gradient - mean[i], new1)
      square[i] = square[i].addingProduct(gradient * gradient - square[i], new2)
      let root = (lanes_square_root(square[i]) * rootScale) + epsilon
      w[i] = w[i] * kept - rate * mean[i] / root
    }
  }
}
