import CNNEngine
import FileIO
import Formatting
import ModelFormats

/// A named tensor of a file: a parameter, a running statistic, or an optimizer slot or average of one.
public struct NamedTensor: Sendable, Equatable {
  /// The name, such as `conv1.weight`.
  public let name: String
  /// The shape, such as [out, in, kh, kw]; empty for a number.
  public let shape: [Int]
  /// The elements in row-major order.
  public let values: [Float]
  /// Whether it counts batches: a file holds it as an integer.
  public let isCounter: Bool

  /// A tensor of `shape` with `values` in row-major order.
  public init(name: String, shape: [Int], values: [Float], isCounter: Bool = false) {
    (self.name, self.shape, self.values, self.isCounter) = (name, shape, values, isCounter)
  }

  /// The little-endian bytes of a counter, an Int64.
  var counterBytes: [UInt8] { values.flatMap { Int64(clamping: $0).littleEndianBytes } }
}

extension SafeTensors {
  /// Appends a tensor: F32, or I64 for a counter.
  package mutating func append(_ tensor: NamedTensor) throws(SafeTensorsError) {
    if tensor.isCounter {
      try append(tensor.name, shape: tensor.shape, .int64, bytes: tensor.counterBytes)
    } else {
      try append(tensor.name, shape: tensor.shape, tensor.values)
    }
  }
}

extension Model {
  /// The parameters in a flat buffer, named after `prefix`.
  package func tensors(of buffer: FlatTensorBuffer, prefix: String = "") -> [NamedTensor] {
    parameters.map { $0.tensor(of: buffer, prefix: prefix) }
  }

  /// The state in a flat buffer, named after `prefix`.
  package func stateTensors(of buffer: FlatTensorBuffer, prefix: String = "") -> [NamedTensor] {
    state.map { $0.tensor(of: buffer, prefix: prefix) }
  }

  /// Parameters and state in the order of PyTorch's `state_dict`, layer by layer.
  package func stateDict(of buffer: FlatTensorBuffer) -> [NamedTensor] {
    layers.flatMap { $0.tensors(of: buffer) }
  }

  /// A flat buffer in the engine's layout of `tensors`: all parameters, and behind them all state, which is initial
  /// without them.
  ///
  /// - Throws: `MemoryError`.
  func buffer(of tensors: [NamedTensor]) throws(MemoryError) -> FlatTensorBuffer {
    let buffer = try FlatTensorBuffer(count: flatCount)
    resetState(of: buffer)
    copy(tensors[...], to: buffer)
    return buffer
  }

  /// Copies tensors into a flat buffer: all parameters, and behind them all state where the buffer has it.
  func copy(_ tensors: ArraySlice<NamedTensor>, to buffer: FlatTensorBuffer) {
    for (offset, tensor) in zip(parameters.map(\.offset) + state.map(\.offset), tensors) {
      buffer.replace(at: offset, with: tensor.values)
    }
  }
}

extension ModelLayer {
  /// The layer's parameters and its state in a flat buffer.
  func tensors(of buffer: FlatTensorBuffer) -> [NamedTensor] {
    parameters.map { $0.tensor(of: buffer) } + state.map { $0.tensor(of: buffer) }
  }
}

extension Parameter {
  fileprivate func tensor(of buffer: FlatTensorBuffer, prefix: String = "") -> NamedTensor {
    NamedTensor(name: prefix + name, shape: shape, values: buffer[range])
  }
}

extension StateTensor {
  fileprivate func tensor(of buffer: FlatTensorBuffer, prefix: String = "") -> NamedTensor {
    NamedTensor(name: prefix + name, shape: shape, values: buffer[range], isCounter: spec.isCounter)
  }
}
