/// The weights and biases of a convolution or a dense layer with the batch norm that follows it.
///
/// y = gamma (W x + b - mean) / sqrt(variance + epsilon) + beta is one linear function of x.
struct FoldedWeights: @unchecked Sendable {
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  private let folded: (weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>)
  private let parameters: [Parameter]
  private let norm: FoldedNorm

  /// Memory for the weights of a layer with `parameters`.
  init(_ parameters: [Parameter], norm: FoldedNorm, arena: Arena) {
    (self.parameters, self.norm) = (parameters, norm)
    folded = (arena.floats(parameters[0].count), arena.floats(parameters[0].shape[0]))
    (weights, bias) = (UnsafePointer(folded.weights), UnsafePointer(folded.bias))
  }

  /// Computes the folded weights from a buffer of all tensors.
  func compute(from buffer: FlatTensorBuffer) {
    let floats = buffer.floats
    let outputs = parameters[0].shape[0]
    let count = parameters[0].count / outputs
    let source = floats + parameters[0].offset
    let (gamma, beta) = (floats + norm.parameters[0].offset, floats + norm.parameters[1].offset)
    let (mean, variance) = (floats + norm.state[0].offset, floats + norm.state[1].offset)
    for output in 0..<outputs {
      let scale = Double(gamma[output]) / (Double(variance[output]) + norm.epsilon).squareRoot()
      for index in output * count..<(output + 1) * count {
        folded.weights[index] = Float(Double(source[index]) * scale)
      }
      let bias = parameters.count > 1 ? floats[parameters[1].offset + output] : 0
      folded.bias[output] = Float((Double(bias) - Double(mean[output])) * scale + Double(beta[output]))
    }
  }
}
