import CNNEngine
import ConfigDecoding

extension Model {
  /// The number of values that layers keep without learning them, such as running statistics; counters are not among
  /// them.
  public var stateCount: Int { state.reduce(0) { $0 + ($1.spec.isCounter ? 0 : $1.count) } }

  /// The names of what a layer reads: earlier layers, or `input`.
  public func inputNames(of layer: ModelLayer) -> [String] { layer.inputs.map(name(ofValue:)) }

  /// The output of `cnn summary --json`; a multiply-add counts as two floating-point operations.
  public var summaryJSON: JSON {
    func shape(_ shape: Shape) -> JSON { JSON(shape.dimensions.map { JSON($0) }) }
    return JSON(object: [
      ("parameters", JSON(parameterCount)), ("non_trainable", JSON(stateCount)),
      ("flops", JSON(2 * multiplyAdds)), ("input_shape", shape(input)),
      (
        "layers",
        JSON(
          layers.map { layer in
            JSON(object: [
              ("name", JSON(layer.name)), ("type", JSON(layer.type)),
              ("inputs", JSON(inputNames(of: layer).map { JSON($0) })), ("input_shape", shape(layer.input)),
              ("output_shape", shape(layer.output)), ("parameters", JSON(layer.parameterCount)),
              ("activation", layer.activationName.map { JSON($0) } ?? .null),
              ("flops", JSON(2 * layer.multiplyAdds)),
            ])
          })
      ),
      (
        "outputs",
        JSON(
          outputs.map { output in
            JSON(object: [
              ("layer", JSON(output.name)), ("shape", shape(output.shape)), ("loss", JSON(output.lossName)),
              ("weight", JSON(output.weight)),
              ("labels", output.labels.map { JSON($0.map { JSON($0) }) } ?? .null),
            ])
          })
      ),
    ])
  }
}
