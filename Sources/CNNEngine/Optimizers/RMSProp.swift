import ConfigDecoding
import CSIMD

/// RMSProp (Hinton 2012): the gradient divided by the root of its running mean square.
///
/// Epsilon stands outside the root in PyTorch, inside in Keras and TensorFlow 1, whose mean square starts at 1.
/// Keras and TensorFlow keep the learning rate inside the momentum.
package struct RMSProp: UpdateRule {
  let rho: Double
  let momentum: Double
  let initialMeanSquare: Double
  let epsilon: RootEpsilon
  let decay: WeightDecay
  let flavor: OptimizerFlavor

  package init(_ decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    self.flavor = flavor
    rho = decoder.value(
      "rho", .number(.within(0...0.999_999_9)), default: JSON(flavor == .torch ? 0.99 : 0.9),
      "decay of the mean square (alpha)")
    momentum = decoder.value(
      "momentum", .number(.within(0...1)), default: JSON(0), "how much of the last step is kept")
    initialMeanSquare = decoder.value(
      "initial_mean_square", .number(.within(0...1e6)), default: JSON(flavor == .tensorflow ? 1 : 0),
      "where the mean square starts")
    let fallback = flavor == .torch ? 1e-8 : flavor == .keras ? 1e-7 : 1e-10
    epsilon = RootEpsilon(decoder, default: fallback, inside: flavor != .torch)
    decay = WeightDecay(decoder, flavor: flavor)
  }

  package var slots: [OptimizerSlot] {
    let square = OptimizerSlot(name: "square_avg", initial: initialMeanSquare)
    return momentum == 0 ? [square] : [square, OptimizerSlot(name: "momentum", initial: 0)]
  }

  package func update(_ range: Range<Int>, _ state: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g, square) = (state.weights.vectors, state.gradients.vectors, state.slot(0))
    let (coupled, kept) = decay.factors(learningRate: learningRate)
    let rate = Lanes(repeating: Float(learningRate))
    let new = Lanes(repeating: Float(1 - rho))
    let (inside, outside) = epsilon.lanes
    let momentum = Lanes(repeating: Float(self.momentum))
    let velocity = self.momentum == 0 ? nil : state.slot(1)
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
