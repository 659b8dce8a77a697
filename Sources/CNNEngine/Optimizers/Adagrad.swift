import CSIMD
import ConfigDecoding

/// Adagrad (Duchi et al. 2011): w -= lr g / root of the sum of squares.
///
/// The sum starts at 0 with epsilon outside the root in PyTorch, at 0.1 with epsilon inside in Keras,
/// and at 0.1 without epsilon in TensorFlow 1.
public struct Adagrad: UpdateRule {
  /// The first value of the sum of squares.
  public let initialAccumulator: Double
  /// The constant that avoids a division by zero.
  public let epsilon: RootEpsilon
  /// Weight decay.
  public let decay: WeightDecay

  /// Adagrad with the defaults and the update formula of `flavor`, unless overridden.
  public init(
    initialAccumulator: Double? = nil, epsilon: RootEpsilon? = nil, decay: WeightDecay? = nil,
    flavor: OptimizerFlavor = .torch
  ) {
    self.initialAccumulator = initialAccumulator ?? (flavor == .torch ? 0 : 0.1)
    self.epsilon =
      epsilon
      ?? RootEpsilon(flavor == .torch ? 1e-10 : flavor == .keras ? 1e-7 : 0, isInside: flavor != .torch)
    self.decay = decay ?? WeightDecay(isDecoupled: flavor == .keras)
  }

  /// Reads `initial_accumulator`, epsilon and weight decay.
  public init(decoding decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    let defaults = Adagrad(flavor: flavor)
    initialAccumulator = decoder.value(
      "initial_accumulator", .number(.within(0...1e6)), default: JSON(defaults.initialAccumulator),
      "first value of the sum of squares")
    epsilon = RootEpsilon(decoding: decoder, default: defaults.epsilon)
    decay = WeightDecay(decoding: decoder, flavor: flavor)
  }

  /// The sum of squares.
  public var slots: [OptimizerSlot] { [OptimizerSlot(name: "sum", initial: initialAccumulator)] }

  /// Updates the weights in one loop over vectors.
  public func update(_ range: Range<Int>, _ buffers: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g, sum) = (buffers.weights.vectors, buffers.gradients.vectors, buffers.slot(0))
    let (coupled, kept) = decay.factors(learningRate: learningRate)
    let rate = Lanes(repeating: Float(learningRate))
    let (inside, outside) = epsilon.lanes
    for i in range {
      let gradient = g[i].addingProduct(coupled, w[i])
      sum[i].addProduct(gradient, gradient)
      w[i] = w[i] * kept - rate * gradient / (lanes_square_root(sum[i] + inside) + outside)
    }
  }
}
