/// An operation of a network with the layer it comes from, as rewrites see it before memory is planned.
struct PlannedOperation {
  /// The layer's name.
  let name: String
  var operation: any Operation
  /// The tensors that it learns.
  let parameters: [Parameter]
}

extension Model {
  /// The operations that compute the model in front of `loss`, after all rewrites.
  func operations(for loss: any Loss) -> [PlannedOperation] {
    var layers = layers
    if type(of: loss).absorbsSoftmax { absorbSoftmax(&layers) }
    var operations = layers.flatMap { layer in
      [
        PlannedOperation(
          name: layer.name,
          operation: layer.layer.makeOperation(input: layer.input, output: layer.output).base,
          parameters: layer.parameters)
      ] + activityRegularizer(of: layer)
    }
    if !usesWinograd { useDirectConvolutions(&operations) }
    fuseReLUIntoMaxPool(&operations)
    reuseReLUMasks(&operations)
    flattenOutput(&operations, output: output)
    return operations
  }
}
