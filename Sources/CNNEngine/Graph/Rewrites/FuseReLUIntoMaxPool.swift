/// Fuses each ReLU that only a max pool reads into the pool: the two commute, and the pool has fewer outputs.
func fuseReLUIntoMaxPool(_ graph: inout Graph) {
  for index in graph.nodes.indices.reversed() where graph.nodes[index].operation is ReLUOp {
    guard let reader = graph.onlyReader(of: graph.nodes[index].output),
      var pool = graph.nodes[reader].operation as? MinMaxPoolOp, pool.isMax
    else { continue }
    pool.appliesReLU = true
    graph.nodes[reader].operation = pool
    graph.nodes[reader].inputs = graph.nodes[index].inputs
    graph.nodes.remove(at: index)
  }
}
