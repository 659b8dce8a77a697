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
package struct Adam: UpdateRule {
  let beta1: Double
  let beta2: Double
  let epsilon: Double
  let decay: WeightDecay
  let flavor: OptimizerFlavor

  package init(_ decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    self.flavor = flavor
    beta1 = decoder.value(
      "beta1", .number(.within(0...0.999_999_9)), default: JSON(0.9), "decay of the mean gradient")
    beta2 = decoder.value(
      "beta2", .number(.within(0...0.999_999_9)), default: JSON(0.999), "decay of the mean square")
    epsilon = decoder.value(
      "epsilon", .number(.within(0...1)), default: JSON(flavor == .keras ? 1e-7 : 1e-8),
      "keeps the division tame")
    decay = WeightDecay(decoder, flavor: flavor)
  }

  package var slots: [OptimizerSlot] {
    [OptimizerSlot(name: "exp_avg", initial: 0), OptimizerSlot(name: "exp_avg_sq", initial: 0)]
  }

  package func update(_ range: Range<Int>, _ state: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g, mean, square) = (
      state.weights.vectors, state.gradients.vectors, state.slot(0), state.slot(1)
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
