/// The operation behind a layer that adds its activity regularizer to the loss; empty without one.
func activityRegularizer(of layer: ModelLayer) -> [PlannedOperation] {
  guard let regularizer = layer.layer.activityRegularizer else { return [] }
  let operation = ActivityRegularizerOp(input: layer.output, regularizer: regularizer)
  return [PlannedOperation(name: layer.name, operation: operation, parameters: [])]
}
