import ConfigDecoding

/// A rule that turns gradients into new weights.
package protocol UpdateRule: Sendable {
  init(_ decoder: ConfigDecoder, flavor: OptimizerFlavor)

  /// What it remembers of every weight, with the value it starts from.
  var slots: [OptimizerSlot] { get }

  /// Updates the vectors of `range`; `step` counts from 1.
  func update(_ range: Range<Int>, _ state: OptimizerBuffers, learningRate: Double, step: Int)
}

/// Something an optimizer remembers of every weight.
package struct OptimizerSlot: Sendable, Equatable {
  /// Its name in a checkpoint.
  package let name: String
  package let initial: Double
}

/// Whose arithmetic and whose defaults an optimizer follows.
package enum OptimizerFlavor: String, CaseIterable, Sendable {
  case torch, keras, tensorflow
}

/// The flat buffers of weights, gradients and slots, as vectors.
package struct OptimizerBuffers: Sendable {
  let weights: FlatTensorBuffer
  let gradients: FlatTensorBuffer
  package let slots: [FlatTensorBuffer]

  func slot(_ index: Int) -> UnsafeMutablePointer<Lanes> { slots[index].vectors }
}

/// The word that names an optimizer in a config.
package enum OptimizerType: String, CaseIterable, Sendable {
  case sgd, adam, adagrad, rmsprop

  /// The type that reads it.
  package var optimizer: any UpdateRule.Type {
    switch self {
    case .sgd: SGD.self
    case .adam: Adam.self
    case .adagrad: Adagrad.self
    case .rmsprop: RMSProp.self
    }
  }
}

/// Weight decay, in the gradient (L2, PyTorch's default) or on the weights themselves (AdamW, Keras).
struct WeightDecay: Sendable {
  let rate: Double
  let isDecoupled: Bool

  init(_ decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    rate = decoder.value("weight_decay", .number(.within(0...1e6)), default: JSON(0), "weight decay")
    isDecoupled = decoder.value(
      "decoupled_weight_decay", .boolean, default: JSON(flavor == .keras),
      "shrink the weights themselves (AdamW, Keras) instead of adding to the gradient")
  }

  /// What `gradient += coupled * weight` and `weight *= kept` have to be.
  func factors(learningRate: Double) -> (coupled: Lanes, kept: Lanes) {
    isDecoupled
      ? (Lanes(), Lanes(repeating: Float(1 - learningRate * rate)))
      : (Lanes(repeating: Float(rate)), Lanes(repeating: 1))
  }
}
