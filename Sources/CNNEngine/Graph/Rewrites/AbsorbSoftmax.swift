/// Removes a softmax at the end of a model whose loss computes it, too.
func absorbSoftmax(_ layers: inout [ModelLayer]) {
  if layers.last?.layer is Softmax { layers.removeLast() }
}
