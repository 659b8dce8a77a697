import CNNEngine

/// A named tensor of a checkpoint: a parameter, or an optimizer slot of it.
public struct NamedTensor: Sendable, Equatable {
  /// The name, such as `conv1.weight`.
  public let name: String
  /// The shape, such as [out, in, kh, kw].
  public let shape: [Int]
  /// The elements in row-major order.
  public let values: [Float]

  /// A tensor of `shape` with `values` in row-major order.
  public init(name: String, shape: [Int], values: [Float]) {
    (self.name, self.shape, self.values) = (name, shape, values)
  }
}

extension Model {
  /// The tensors of a flat buffer, one per parameter, named by the parameter after `prefix`.
  package func tensors(of buffer: FlatTensorBuffer, prefix: String = "") -> [NamedTensor] {
    parameters.map {
      NamedTensor(name: prefix + $0.name, shape: $0.shape, values: buffer[$0.range])
    }
  }

  /// A flat buffer in the engine's layout of `weights`, which are in the order of the parameters.
  func buffer(of weights: [NamedTensor]) -> FlatTensorBuffer {
    let buffer = FlatTensorBuffer(count: flatCount)
    copy(weights[...], to: buffer)
    return buffer
  }

  /// Copies tensors, which are in the order of the parameters, into a flat buffer.
  func copy(_ tensors: ArraySlice<NamedTensor>, to buffer: FlatTensorBuffer) {
    for (parameter, tensor) in zip(parameters, tensors) {
      buffer.replace(at: parameter.offset, with: tensor.values)
    }
  }
}
