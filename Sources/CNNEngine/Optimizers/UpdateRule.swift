import ConfigDecoding

/// The rule by which an optimizer changes weights: SGD, Adam, ...
///
/// A new one is a file with a type that conforms to `UpdateRule`, one case of `OptimizerType`, and the line in its switch
/// that the compiler requires.
public protocol UpdateRule: Sendable {
  /// Reads the rule's own keys, with the defaults and the update formula of `flavor`.
  init(decoding decoder: ConfigDecoder, flavor: OptimizerFlavor)

  /// The values that the rule keeps for every weight.
  var slots: [OptimizerSlot] { get }

  /// Updates a range of vectors of weights; `step` counts from 1.
  func update(_ range: Range<Int>, _ buffers: OptimizerBuffers, learningRate: Double, step: Int)
}

/// A value that an update rule keeps for every weight, such as a momentum.
public struct OptimizerSlot: Sendable, Equatable {
  /// Its name in a checkpoint, PyTorch's.
  public let name: String
  /// Its first value.
  public let initial: Double

  /// A slot that starts at `initial`.
  public init(name: String, initial: Double) { (self.name, self.initial) = (name, initial) }
}

/// The framework whose update formula and defaults an update rule has.
public enum OptimizerFlavor: String, CaseIterable, Sendable {
  case torch, keras, tensorflow
}

/// The weights, gradients and slots that an update rule reads and writes.
public struct OptimizerBuffers: Sendable {
  let weights: FlatTensorBuffer
  let gradients: FlatTensorBuffer
  let slots: [FlatTensorBuffer]

  func slot(_ index: Int) -> UnsafeMutablePointer<Lanes> { slots[index].vectors }
}

/// The name of an update rule in a config.
package enum OptimizerType: String, CaseIterable, Sendable {
  case sgd, adam, adagrad, rmsprop

  /// The type that decodes and computes it.
  package var rule: any UpdateRule.Type {
    switch self {
    case .sgd: SGD.self
    case .adam: Adam.self
    case .adagrad: Adagrad.self
    case .rmsprop: RMSProp.self
    }
  }
}

/// Weight decay, added to the gradient (L2, PyTorch's default) or applied to the weights (decoupled: AdamW, Keras).
public struct WeightDecay: Sendable {
  /// The decay.
  public var rate: Double
  /// Whether it is applied to the weights.
  public var isDecoupled: Bool

  /// A decay of `rate`.
  public init(rate: Double = 0, isDecoupled: Bool = false) {
    (self.rate, self.isDecoupled) = (rate, isDecoupled)
  }

  /// Reads `weight_decay` and `decoupled_weight_decay`.
  init(decoding decoder: ConfigDecoder, flavor: OptimizerFlavor) {
    rate = decoder.value("weight_decay", .number(.within(0...1e6)), default: JSON(0), "weight decay")
    isDecoupled = decoder.value(
      "decoupled_weight_decay", .boolean, default: JSON(flavor == .keras),
      "shrink the weights themselves (AdamW, Keras) instead of adding to the gradient")
  }

  /// The factors in `gradient += coupled * weight` and `weight *= kept`.
  func factors(learningRate: Double) -> (coupled: Lanes, kept: Lanes) {
    isDecoupled
      ? (Lanes(), Lanes(repeating: Float(1 - learningRate * rate)))
      : (Lanes(repeating: Float(rate)), Lanes(repeating: 1))
  }
}

/// The small number in `g / (sqrt(v) + epsilon)` or `g / sqrt(v + epsilon)`.
public struct RootEpsilon: Sendable {
  /// The number.
  public var value: Double
  /// Whether it is added under the root.
  public var isInside: Bool

  /// An epsilon outside the root, or inside.
  public init(_ value: Double, isInside: Bool = false) { (self.value, self.isInside) = (value, isInside) }

  /// Reads `epsilon` and `epsilon_inside_sqrt`.
  init(decoding decoder: ConfigDecoder, default value: RootEpsilon) {
    self.value = decoder.value(
      "epsilon", .number(.within(0...1)), default: JSON(value.value), "avoids a division by zero")
    isInside = decoder.value(
      "epsilon_inside_sqrt", .boolean, default: JSON(value.isInside), "add epsilon under the root")
  }

  var lanes: (inside: Lanes, outside: Lanes) {
    let epsilon = Lanes(repeating: Float(value))
    return isInside ? (epsilon, Lanes()) : (Lanes(), epsilon)
  }
}
