import ConfigDecoding

/// The options of a layer that has weights: bias, initializers, regularizers, constraint.
public struct WeightOptions: Sendable {
  /// Whether each output has a bias.
  public var bias: Bool
  /// The initial weights.
  public var initializer: Initializer
  /// The initial biases.
  public var biasInitializer: Initializer
  /// The penalty on the weights.
  public var regularizer: WeightRegularizer
  /// The bound on the weights; nil for none.
  public var constraint: WeightConstraint?
  /// The penalty on the outputs; nil for none.
  public var activityRegularizer: ActivityRegularizer?

  /// Options with the defaults of a config, PyTorch's.
  public init(
    bias: Bool = true, initializer: Initializer = .torchDefault, biasInitializer: Initializer = .torchDefault,
    regularizer: WeightRegularizer = WeightRegularizer(), constraint: WeightConstraint? = nil,
    activityRegularizer: ActivityRegularizer? = nil
  ) {
    (self.bias, self.initializer, self.biasInitializer) = (bias, initializer, biasInitializer)
    (self.regularizer, self.constraint) = (regularizer, constraint)
    self.activityRegularizer = activityRegularizer
  }

  /// Reads the options; `output` is the layer's word for one of its outputs.
  init(decoding decoder: ConfigDecoder, output: String) {
    bias = decoder.value("bias", .boolean, default: JSON(true), "whether each \(output) has a bias")
    initializer = decoder.value(
      "init", Initializer.field(isBias: false), default: "torch_default", "Initial weights.")
    biasInitializer = decoder.value(
      "bias_init", Initializer.field(isBias: true), default: "torch_default", "Initial biases.")
    regularizer = WeightRegularizer(decoding: decoder)
    constraint = .decode(decoder)
    activityRegularizer = .decode(decoder)
  }

  /// A weight of `shape`, outputs first, and a bias for each output.
  func parameters(shape: [Int], fanIn: Int, fanOut: Int) -> [ParameterSpec] {
    let weight = ParameterSpec(
      role: "weight", shape: shape, initializer: initializer, fanIn: fanIn, fanOut: fanOut,
      regularizer: regularizer, constraint: constraint)
    let bias = ParameterSpec(
      role: "bias", shape: [shape[0]], initializer: biasInitializer, fanIn: fanIn, fanOut: fanOut)
    return self.bias ? [weight, bias] : [weight]
  }
}
