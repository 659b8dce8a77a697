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

  /// Copies of the folded weights and biases.
  var values: (weights: [Float], bias: [Float]) {
    (
      Array(UnsafeBufferPointer(start: folded.weights, count: parameters[0].count)),
      Array(UnsafeBufferPointer(start: folded.bias, count: parameters[0].shape[0]))
    )
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

/// A convolution or a dense layer with the batch norm that is part of its weights in evaluation.
package struct FoldedLayer: Sendable {
  /// The layer's number in the model.
  package let layer: Int
  /// The number of the norm, which changes nothing any more.
  package let norm: Int
  /// The layer's weights in its own shape.
  package let weights: [Float]
  /// One bias for each output, also where the layer has none of its own.
  package let bias: [Float]
}

extension Model {
  /// The layers into which an evaluation network folds batch norms, with the weights that it computes from a buffer of
  /// all tensors.
  ///
  /// - Throws: `MemoryError`.
  package func foldedLayers(of buffer: FlatTensorBuffer) throws(MemoryError) -> [FoldedLayer] {
    var layers: [FoldedLayer] = []
    for node in graph(training: false).nodes {
      guard let norm = node.foldedNorm else { continue }
      let (arena, folded) = try Arena.allocate { ($0, FoldedWeights(node.parameters, norm: norm, arena: $0)) }
      withExtendedLifetime(arena) {
        folded.compute(from: buffer)
        let (weights, bias) = folded.values
        layers.append(FoldedLayer(layer: node.layer, norm: norm.layer, weights: weights, bias: bias))
      }
    }
    return layers
  }
}
