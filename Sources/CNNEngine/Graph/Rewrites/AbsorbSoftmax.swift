/// Lets a loss that computes softmax itself read the logits; the softmax is removed unless another layer reads it.
func absorbSoftmax(_ graph: inout Graph, outputs: [ModelOutput]) {
  for index in outputs.indices where type(of: outputs[index].loss).absorbsSoftmax {
    let value = graph.outputs[index]
    guard let node = graph.producer(of: value), graph.nodes[node].operation is SoftmaxOp else { continue }
    let (logits, layer, name) = (
      graph.nodes[node].inputs[0], graph.nodes[node].layer, graph.nodes[node].name
    )
    // Every loss writes a gradient of its own: one that reads the logits of another output reads a copy.
    let isTaken = graph.outputs.contains(logits)
    let copy = ReshapeOp(input: graph.shapes[logits], output: graph.shapes[logits])
    graph.outputs[index] =
      isTaken ? graph.append(copy, of: [logits], layer: layer, name: name) : logits
    if graph.readers(of: value).isEmpty, !graph.outputs.contains(value) { graph.nodes.remove(at: node) }
  }
}
