import CNNEngine
import ConfigDecoding

extension Model {
  /// The output of `cnn summary --json`; a multiply-add counts as two floating-point operations.
  public var summaryJSON: JSON {
    func shape(_ shape: Shape) -> JSON { JSON(shape.dimensions.map { JSON($0) }) }
    return JSON(object: [
      ("parameters", JSON(parameterCount)), ("flops", JSON(2 * multiplyAdds)), ("input_shape", shape(input)),
      (
        "layers",
        JSON(
          layers.map { layer in
            JSON(object: [
              ("name", JSON(layer.name)), ("type", JSON(layer.type)), ("input_shape", shape(layer.input)),
              ("output_shape", shape(layer.output)), ("parameters", JSON(layer.parameterCount)),
              ("flops", JSON(2 * layer.multiplyAdds)),
            ])
          })
      ),
    ])
  }
}
