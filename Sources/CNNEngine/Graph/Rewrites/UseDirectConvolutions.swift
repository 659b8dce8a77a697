/// Replaces Winograd's algorithm, which rounds differently, by direct convolution.
func useDirectConvolutions(_ graph: inout Graph) {
  for index in graph.nodes.indices {
    guard let convolution = graph.nodes[index].operation as? Conv2DOp else { continue }
    graph.nodes[index].operation = convolution.direct
  }
}
