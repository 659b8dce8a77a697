import ConfigDecoding

/// Stochastic gradient descent with momentum (Sutskever et al. 2013) and Nesterov's variant.
///
/// PyTorch and TensorFlow: b = momentum b + g; w -= lr b, or lr (g + momentum b).
/// Keras keeps the learning rate inside: v = momentum v - lr g; w += v, or momentum v - lr g.
package struct SGD: UpdateRule {
  let momentum: Double
  let nesterov: Bool
  let decay: WeightDecay
  let flavor: OptimizerFlavor

  package init(_ decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    self.flavor = flavor
    momentum = decoder.value(
      "momentum", .number(.within(0...1)), default: JSON(0), "how much of the last step is kept")
    nesterov = decoder.value("nesterov", .boolean, default: JSON(false), "look ahead along the momentum")
    if nesterov && momentum == 0 { decoder.report("needs a momentum above 0", at: "nesterov") }
    decay = WeightDecay(decoder, flavor: flavor)
  }

  package var slots: [OptimizerSlot] {
    momentum == 0 ? [] : [OptimizerSlot(name: "momentum", initial: 0)]
  }

  package func update(_ range: Range<Int>, _ state: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g) = (state.weights.vectors, state.gradients.vectors)
    let (coupled, kept) = decay.factors(learningRate: learningRate)
    let rate = Lanes(repeating: Float(learningRate))
    guard momentum != 0 else {
      for i in range { w[i] = w[i] * kept - rate * (g[i] + coupled * w[i]) }
      return
    }
    let velocity = state.slot(0)
    let momentum = Lanes(repeating: Float(self.momentum))
    if flavor == .keras {
      for i in range {
        let push = rate * (g[i] + coupled * w[i])
        velocity[i] = momentum * velocity[i] - push
        w[i] = w[i] * kept + (nesterov ? momentum * velocity[i] - push : velocity[i])
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
