/// Lets a loss that computes softmax itself read the logits; the softmax is removed unless another layer reads it.
func absorbSoftmax(_ graph: inout Graph, outputs: [ModelOutput]) {
  for index in outputs.indices where type(of: outputs[index].loss).absorbsSoftmax {
    let value = graph.outputs[index]
    guard let node = graph.producer(of: value), graph.nodes[node].operation is SoftmaxOp,
      // The logits may be an output of their own, whose gradient is that of one loss alone.
      !graph.outputs.contains(graph.nodes[node].inputs[0])
    else { continue }
    graph.outputs[index] = graph.nodes[node].inputs[0]
    if graph.readers(of: value).isEmpty { graph.nodes.remove(at: node) }
  }
}
