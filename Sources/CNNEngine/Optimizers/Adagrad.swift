import ConfigDecoding
import CSIMD

/// Adagrad (Duchi et al. 2011): w -= lr g / root of the sum of squares.
///
/// The sum starts at 0 with epsilon outside the root in PyTorch, at 0.1 with epsilon inside in Keras,
/// and at 0.1 without epsilon in TensorFlow 1.
package struct Adagrad: UpdateRule {
  let initialAccumulator: Double
  let epsilon: RootEpsilon
  let decay: WeightDecay

  package init(_ decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    initialAccumulator = decoder.value(
      "initial_accumulator", .number(.within(0...1e6)), default: JSON(flavor == .torch ? 0 : 0.1),
      "where the sum of squares starts")
    let fallback = flavor == .torch ? 1e-10 : flavor == .keras ? 1e-7 : 0
    epsilon = RootEpsilon(decoder, default: fallback, inside: flavor != .torch)
    decay = WeightDecay(decoder, flavor: flavor)
  }

  package var slots: [OptimizerSlot] { [OptimizerSlot(name: "sum", initial: initialAccumulator)] }

  package func update(_ range: Range<Int>, _ state: OptimizerBuffers, learningRate: Double, step: Int) {
    let (w, g, sum) = (state.weights.vectors, state.gradients.vectors, state.slot(0))
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

/// The small number that keeps a division by a root tame: inside the root or outside.
struct RootEpsilon: Sendable {
  let value: Double
  let isInside: Bool

  init(_ decoder: ConfigDecoder, default value: Double, inside: Bool) {
    self.value = decoder.value(
      "epsilon", .number(.within(0...1)), default: JSON(value), "keeps the division tame")
    isInside = decoder.value(
      "epsilon_inside_sqrt", .boolean, default: JSON(inside), "add epsilon under the root")
  }

  var lanes: (inside: Lanes, outside: Lanes) {
    let epsilon = Lanes(repeating: Float(value))
    return isInside ? (epsilon, Lanes()) : (Lanes(), epsilon)
  }
}
