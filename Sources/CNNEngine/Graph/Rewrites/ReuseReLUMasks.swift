/// Lets a dropout behind a ReLU leave its mask to it: where dropout has written 0 in place, the ReLU's gradient is 0.
func reuseReLUMasks(_ graph: inout Graph) {
  for index in graph.nodes.indices {
    guard var dropout = graph.nodes[index].operation as? DropoutOp else { continue }
    let input = graph.nodes[index].inputs[0]
    guard graph.onlyReader(of: input) == index, let producer = graph.producer(of: input) else { continue }
    let operation = graph.nodes[producer].operation
    dropout.reusesReLUMask = operation is ReLUOp || (operation as? MinMaxPoolOp)?.appliesReLU == true
    graph.nodes[index].operation = dropout
  }
}
