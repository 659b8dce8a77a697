import ConfigDecoding

/// Stochastic gradient descent with momentum (Sutskever et al. 2013) and Nesterov's variant.
///
/// PyTorch and TensorFlow: b = momentum b + g; w -= lr b, or lr (g + momentum b).
/// Keras scales by the learning rate before it accumulates: v = momentum v - lr g; w += v, or momentum v - lr g.
public struct SGD: UpdateRule {
  /// The momentum factor; 0 for no momentum.
  public let momentum: Double
  /// Whether to use Nesterov's momentum.
  public let nesterov: Bool
  /// Weight decay.
  public let decay: WeightDecay
  /// The framework whose update formula it uses.
  public let flavor: OptimizerFlavor

  /// SGD with the update formula of `flavor`; Nesterov's variant needs a momentum above 0.
  public init(
    momentum: Double = 0, nesterov: Bool = false, decay: WeightDecay? = nil, flavor: OptimizerFlavor = .torch
  ) {
    require(!nesterov || momentum > 0, "Nesterov's variant needs a momentum above 0")
    (self.momentum, self.nesterov, self.flavor) = (momentum, nesterov, flavor)
    self.decay = decay ?? WeightDecay(isDecoupled: flavor == .keras)
  }

  /// Reads `momentum`, `nesterov` and weight decay.
  public init(decoding decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    self.flavor = flavor
    momentum = decoder.value(
      "momentum", .number(.within(0...1)), default: JSON(0), "momentum factor")
    nesterov = decoder.value("nesterov", .boolean, default: JSON(false), "Nesterov's momentum")
    if nesterov && momentum == 0 { decoder.report("needs a momentum above 0", at: "nesterov") }
    decay = WeightDecay(decoding: decoder, flavor: flavor)
  }

  /// The momentum, if there is one.
  public var slots: [OptimizerSlot] {
    momentum == 0 ? [] : [OptimizerSlot(name: "momentum", initial: 0)]
  }

  /// Updates the weights in one loop over vectors.
  public func update(_ range: Range<Int>, _ buffers: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g) = (buffers.weights.vectors, buffers.gradients.vectors)
    let (coupled, kept) = decay.factors(learningRate: learningRate)
    let rate = Lanes(repeating: Float(learningRate))
    guard momentum != 0 else {
      for i in range { w[i] = w[i] * kept - rate * (g[i] + coupled * w[i]) }
      return
    }
    let velocity = buffers.slot(0)
    let momentum = Lanes(repeating: Float(self.momentum))
    if flavor == .keras {
      for i in range {
        let delta = rate * (g[i] + coupled * w[i])
        velocity[i] = momentum * velocity[i] - delta
        w[i] = w[i] * kept + (nesterov ? momentum * velocity[i] - delta : velocity[i])
      }
    } else {
      for i in range {
        let gradient = g[i] + coupled * w[i]
        velocity[i] = momentum * velocity[i] + gradient
        w[i] = w[i] * kept - rate * (nesterov ? gradient + momentum * velocity[i] : velocity[i])
      }
    }
  }
}
