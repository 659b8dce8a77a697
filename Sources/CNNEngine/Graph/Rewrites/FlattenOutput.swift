/// Adds a reshape behind a model that ends in a map: a loss reads consecutive scores, without borders.
func flattenOutput(_ operations: inout [PlannedOperation], output: Shape) {
  guard operations.isEmpty || !output.isFlat else { return }
  let scores = ReshapeOp(input: output, output: Shape([output.count]))
  operations.append(PlannedOperation(name: "scores", operation: scores, parameters: []))
}
