/// Adds a reshape behind each output that is a map: a loss reads consecutive scores, without borders.
func flattenOutputs(_ graph: inout Graph, outputs: [ModelOutput]) {
  for index in graph.outputs.indices {
    let value = graph.outputs[index]
    let shape = graph.shapes[value]
    guard value == 0 || !shape.isFlat else { continue }
    let scores = ReshapeOp(input: shape, output: Shape([shape.count]))
    graph.outputs[index] = graph.append(
      scores, of: [value], layer: graph.nodes.last?.layer ?? 0, name: "\(outputs[index].name).scores")
  }
}
