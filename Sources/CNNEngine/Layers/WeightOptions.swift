import ConfigDecoding

/// What a config says of the weights of a layer that has some: bias, first values, penalties.
struct WeightOptions: Sendable {
  let hasBias: Bool
  let initializer: Initializer
  let biasInitializer: Initializer
  let penalty: Penalty
  let activityRegularizer: ActivityRegularizer?

  /// Reads them; `output` is what the layer calls one of its outputs.
  init(_ decoder: ConfigDecoder, output: String) {
    hasBias = decoder.value("bias", .boolean, default: JSON(true), "whether each \(output) has a bias")
    initializer = decoder.value(
      "init", Initializer.field(isBias: false), default: "torch_default", "Initial weights.")
    biasInitializer = decoder.value(
      "bias_init", Initializer.field(isBias: true), default: "torch_default", "Initial biases.")
    penalty = Penalty(decoder)
    activityRegularizer = .read(decoder)
  }

  /// A weight of `shape`, outputs first, and a bias for each output.
  func parameters(shape: [Int], fanIn: Int, fanOut: Int) -> [ParameterSpec] {
    let weight = ParameterSpec(
      role: "weight", shape: shape, initializer: initializer, fanIn: fanIn, fanOut: fanOut, penalty: penalty)
    let bias = ParameterSpec(
      role: "bias", shape: [shape[0]], initializer: biasInitializer, fanIn: fanIn, fanOut: fanOut)
    return hasBias ? [weight, bias] : [weight]
  }
}
