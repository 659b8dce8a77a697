import CNNEngine

/// A tensor of a checkpoint: weights, or what an optimizer remembers of them.
public struct NamedTensor: Sendable, Equatable {
  /// Its name, such as `conv1.weight`.
  public let name: String
  /// Its sizes in row-major order, such as [out, in, kh, kw].
  public let shape: [Int]
  /// Its elements, as many as the shape says.
  public let values: [Float]

  /// A tensor of `values` in the order of `shape`.
  public init(name: String, shape: [Int], values: [Float]) {
    (self.name, self.shape, self.values) = (name, shape, values)
  }
}

extension Model {
  /// Copies of the parts of a flat buffer, each under the name of its parameter behind `prefix`.
  package func tensors(of buffer: FlatTensorBuffer, prefix: String = "") -> [NamedTensor] {
    parameters.map {
      NamedTensor(name: prefix + $0.name, shape: $0.shape, values: buffer[$0.range])
    }
  }

  /// A flat buffer, laid out for the engine, of `weights` in the order of the parameters.
  func buffer(of weights: [NamedTensor]) -> FlatTensorBuffer {
    let buffer = FlatTensorBuffer(count: flatCount)
    copy(weights[...], to: buffer)
    return buffer
  }

  /// Copies tensors in the order of the parameters to their places in a flat buffer.
  func copy(_ tensors: ArraySlice<NamedTensor>, to buffer: FlatTensorBuffer) {
    for (parameter, tensor) in zip(parameters, tensors) {
      buffer.replace(at: parameter.offset, with: tensor.values)
    }
  }
}
