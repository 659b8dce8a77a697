/// The tensors of a batch norm that is folded into the weights of the convolution or dense layer before it.
struct FoldedNorm {
  /// The norm's number in the model.
  let layer: Int
  /// Gamma and beta.
  let parameters: [Parameter]
  /// Running mean, running variance and the count of batches.
  let state: [StateTensor]
  let epsilon: Double
}

/// Folds each batch norm that alone reads a convolution or a dense layer into its weights, which is right in evaluation
/// only: with fixed statistics both are one linear function.
func foldBatchNorms(_ graph: inout Graph) {
  for index in graph.nodes.indices.reversed() {
    guard let norm = graph.nodes[index].operation as? BatchNormOp,
      let producer = graph.producer(of: graph.nodes[index].inputs[0]),
      graph.nodes[producer].operation is Conv2DOp || graph.nodes[producer].operation is DenseOp,
      graph.onlyReader(of: graph.nodes[producer].output) == index
    else { continue }
    let node = graph.nodes.remove(at: index)
    graph.nodes[producer].foldedNorm = FoldedNorm(
      layer: node.layer, parameters: node.parameters, state: node.state, epsilon: norm.epsilon)
    graph.redirect(node.output, to: graph.nodes[producer].output)
  }
}
