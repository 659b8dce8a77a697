import ConfigDecoding
import CSIMD

/// RMSProp (Hinton 2012): the gradient divided by the root of its running mean square.
///
/// Epsilon is outside the root in PyTorch, inside in Keras and TensorFlow 1, whose mean square starts at 1.
/// Keras and TensorFlow scale by the learning rate before they accumulate momentum.
public struct RMSProp: UpdateRule {
  /// Decay of the mean square, PyTorch's `alpha`.
  public let rho: Double
  /// The momentum factor; 0 for no momentum.
  public let momentum: Double
  /// The first value of the mean square.
  public let initialMeanSquare: Double
  /// The constant that avoids a division by zero.
  public let epsilon: RootEpsilon
  /// Weight decay.
  public let decay: WeightDecay
  /// The framework whose update formula it uses.
  public let flavor: OptimizerFlavor

  /// RMSProp with the defaults and the update formula of `flavor`, unless overridden.
  public init(
    rho: Double? = nil, momentum: Double = 0, initialMeanSquare: Double? = nil, epsilon: RootEpsilon? = nil,
    decay: WeightDecay? = nil, flavor: OptimizerFlavor = .torch
  ) {
    (self.momentum, self.flavor) = (momentum, flavor)
    self.rho = rho ?? (flavor == .torch ? 0.99 : 0.9)
    self.initialMeanSquare = initialMeanSquare ?? (flavor == .tensorflow ? 1 : 0)
    self.epsilon =
      epsilon
      ?? RootEpsilon(flavor == .torch ? 1e-8 : flavor == .keras ? 1e-7 : 1e-10, isInside: flavor != .torch)
    self.decay = decay ?? WeightDecay(isDecoupled: flavor == .keras)
  }

  /// Reads `rho`, `momentum`, `initial_mean_square`, epsilon and weight decay.
  public init(decoding decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    let defaults = RMSProp(flavor: flavor)
    self.flavor = flavor
    rho = decoder.value(
      "rho", .number(.within(0...0.999_999_9)), default: JSON(defaults.rho),
      "decay of the mean square (alpha)")
    momentum = decoder.value(
      "momentum", .number(.within(0...1)), default: JSON(defaults.momentum), "momentum factor")
    initialMeanSquare = decoder.value(
      "initial_mean_square", .number(.within(0...1e6)), default: JSON(defaults.initialMeanSquare),
      "first value of the mean square")
    epsilon = RootEpsilon(decoding: decoder, default: defaults.epsilon)
    decay = WeightDecay(decoding: decoder, flavor: flavor)
  }

  /// The mean square, and the momentum if there is one.
  public var slots: [OptimizerSlot] {
    let square = OptimizerSlot(name: "square_avg", initial: initialMeanSquare)
    return momentum == 0 ? [square] : [square, OptimizerSlot(name: "momentum", initial: 0)]
  }

  /// Updates the weights in one loop over vectors.
  public func update(_ range: Range<Int>, _ buffers: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g, square) = (buffers.weights.vectors, buffers.gradients.vectors, buffers.slot(0))
    let (coupled, kept) = decay.factors(learningRate: learningRate)
    let rate = Lanes(repeating: Float(learningRate))
    let new = Lanes(repeating: Float(1 - rho))
    let (inside, outside) = epsilon.lanes
    let momentum = Lanes(repeating: Float(self.momentum))
    let velocity = self.momentum == 0 ? nil : buffers.slot(1)
    let rateInside = flavor != .torch
    for i in range {
      let gradient = g[i].addingProduct(coupled, w[i])
      square[i] = square[i].addingProduct(gradient * gradient - square[i], new)
      let scaled = gradient / (lanes_square_root(square[i] + inside) + outside)
      if let velocity {
        velocity[i] = momentum * velocity[i] + (rateInside ? rate * scaled : scaled)
        w[i] = w[i] * kept - (rateInside ? velocity[i] : rate * velocity[i])
      } else {
        w[i] = w[i] * kept - rate * scaled
      }
    }
  }
}
