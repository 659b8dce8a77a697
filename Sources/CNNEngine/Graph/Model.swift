/// A layer of a model with its name, its inferred shapes, its parameters and its state.
public struct ModelLayer: Sendable {
  /// Its name: the given one, or its type and number (`relu1`).
  public let name: String
  /// The name of its type in a config.
  public let type: String
  /// The values that it reads: 0 is the image, `i + 1` the output of layer `i`.
  public let inputs: [Int]
  /// One image's inputs.
  public let inputShapes: [Shape]
  /// One image's output.
  public let output: Shape
  /// The tensors that it learns.
  public let parameters: [Parameter]
  /// The tensors that it keeps without learning them, such as running statistics.
  public let state: [StateTensor]
  /// Multiply-adds of its forward pass for one image.
  public let multiplyAdds: Int
  /// Its configuration.
  public let layer: any Layer

  /// One image's first input.
  public var input: Shape { inputShapes[0] }
  /// The number of learned values.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
  /// The type of the activation that it applies itself, such as `relu`; nil for none.
  public var activationName: String? { layer.activation.map { LayerType(of: $0).rawValue } }
  /// Kernel, stride, padding and bias for the summary.
  public var details: LayerDetails { layer.details }
}

/// A learned tensor and its place in the flat buffers.
public struct Parameter: Sendable {
  /// PyTorch's state dict key, such as `conv1.weight`.
  public let name: String
  /// PyTorch's shape.
  public let shape: [Int]
  /// The offset of its first element in buffers of all tensors.
  public let offset: Int
  package let spec: ParameterSpec

  /// The number of floats.
  public var count: Int { spec.count }
  /// Its floats in the flat buffers.
  public var range: Range<Int> { offset..<offset + count }
}

/// A tensor of a layer's state and its place behind the parameters in the flat buffers.
public struct StateTensor: Sendable {
  /// PyTorch's state dict key, such as `bn1.running_mean`.
  public let name: String
  /// The offset of its first element in buffers of all tensors.
  public let offset: Int
  /// Shape, initial value and meaning.
  public let spec: StateSpec

  /// PyTorch's shape.
  public var shape: [Int] { spec.shape }
  /// The number of floats.
  public var count: Int { spec.count }
  /// Its floats in the flat buffers.
  public var range: Range<Int> { offset..<offset + count }
}

/// What is wrong with one layer or output of a model.
public struct ModelFault: Error, Sendable {
  /// The part of a model that is at fault.
  public enum Subject: Sendable, Equatable {
    case layer(Int)
    case output(Int)
  }

  /// The layer or the output, by its index.
  public let subject: Subject
  /// The layer's name.
  public let name: String
  /// The key whose value is wrong; nil for the whole entry.
  public let key: String?
  /// What is wrong.
  public let message: String
  /// Whether the fault is that nothing reads the layer.
  public var isUnread = false
}

/// Every fault of a model's layers and outputs.
public struct ModelError: Error, Sendable {
  /// In the order of the layers, then of the outputs.
  public let faults: [ModelFault]
}

/// A checked model: a graph of layers with inferred shapes, parameters and state, without tensors.
public struct Model: Sendable {
  /// One image's shape.
  public let input: Shape
  /// The layers in order, which is that of execution.
  public let layers: [ModelLayer]
  /// The outputs; the first is the main one.
  public let outputs: [ModelOutput]
  /// The length in floats of a buffer of all parameters, each aligned to 64 bytes.
  public let parameterExtent: Int
  /// The length in floats of a buffer of all parameters and, behind them, all state.
  public let flatCount: Int
  /// Whether 3x3 convolutions may be computed by Winograd's algorithm, which rounds differently.
  public let usesWinograd: Bool

  /// Infers the shapes of a sequence of layers; unnamed layers are named by type and number (`relu1`).
  ///
  /// - Throws: `ModelError` with all faults; layers after one whose output cannot be inferred are not checked.
  public init(
    input: Shape, layers: [any Layer], loss: any Loss = CrossEntropy(), usesWinograd: Bool = true
  ) throws(ModelError) {
    try self.init(
      input: input, layers: layers.map { NamedLayer($0) }, outputs: [OutputSpec(loss: loss)],
      usesWinograd: usesWinograd)
  }

  /// Infers the shapes of a graph of layers; a layer reads the one before it, or those that it names.
  ///
  /// - Throws: `ModelError` with all faults; layers that read one whose output cannot be inferred are not checked.
  public init(
    input: Shape, layers: [NamedLayer], outputs: [OutputSpec] = [OutputSpec()], usesWinograd: Bool = true
  ) throws(ModelError) {
    var check = ModelCheck(input: input, names: layers.names)
    for (index, entry) in layers.enumerated() { check.append(entry, at: index) }
    let checkedOutputs = check.outputs(outputs)
    guard check.faults.isEmpty else { throw ModelError(faults: check.faults) }
    self.input = input
    self.usesWinograd = usesWinograd
    self.outputs = checkedOutputs
    parameterExtent = check.extent
    var offset = check.extent
    self.layers = check.layers.compactMap { layer in
      layer.map { layer in
        let state = layer.layer.state(for: layer.input).map { spec in
          defer { offset += alignedCount(spec.count) }
          return StateTensor(name: "\(layer.name).\(spec.role)", offset: offset, spec: spec)
        }
        return layer.with(state)
      }
    }
    flatCount = offset
  }

  /// The first `count` layers of `model`, whose tensors keep their offsets; its output is that of the last layer.
  package init(_ model: Model, prefix count: Int) {
    (input, usesWinograd) = (model.input, model.usesWinograd)
    (parameterExtent, flatCount) = (model.parameterExtent, model.flatCount)
    layers = Array(model.layers.prefix(count))
    outputs = [
      ModelOutput(
        name: layers.last?.name ?? "", value: count, shape: layers.last?.output ?? model.input,
        layerType: nil, loss: NoLoss(), weight: 1, labels: nil)
    ]
  }

  /// The model with another loss for each of its outputs.
  package func replacingLosses(with loss: any Loss) -> Model {
    Model(self, outputs: outputs.map { $0.with(loss) })
  }

  private init(_ model: Model, outputs: [ModelOutput]) {
    (input, layers, self.outputs) = (model.input, model.layers, outputs)
    (parameterExtent, flatCount, usesWinograd) = (model.parameterExtent, model.flatCount, model.usesWinograd)
  }

  /// One image's scores of the main output.
  public var output: Shape { outputs[0].shape }
  /// All learned tensors, in the order of the layers.
  public var parameters: [Parameter] { layers.flatMap(\.parameters) }
  /// All tensors that are kept without being learned, in the order of the layers.
  public var state: [StateTensor] { layers.flatMap(\.state) }
  /// The number of learned values.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }
  /// Multiply-adds of the forward pass for one image.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }
  /// Whether a layer reads anything but the output of the layer before it.
  public var hasBranches: Bool { layers.enumerated().contains { $1.inputs != [$0] } }

  /// The name of a value: its layer's, or `input`.
  public func name(ofValue value: Int) -> String { value == 0 ? "input" : layers[value - 1].name }

  /// The parameters with a weight regularizer.
  var regularizedParameters: [Parameter] { parameters.filter { !$0.spec.regularizer.isZero } }

  /// Initial weights, biases and state; weights and biases are a function of the seed.
  ///
  /// - Throws: `MemoryError`.
  public func initialParameters(seed: UInt64) throws(MemoryError) -> FlatTensorBuffer {
    let buffer = try FlatTensorBuffer(count: flatCount)
    for (index, parameter) in parameters.enumerated() {
      let values = UnsafeMutableBufferPointer(start: buffer.floats + parameter.offset, count: parameter.count)
      parameter.spec.initializer.fill(values, spec: parameter.spec, seed: seed, stream: index)
    }
    resetState(of: buffer)
    return buffer
  }

  /// Sets the state in a buffer of all tensors to its initial values.
  public func resetState(of buffer: FlatTensorBuffer) {
    for tensor in state {
      buffer.replace(at: tensor.offset, with: [Float](repeating: tensor.spec.initial, count: tensor.count))
    }
  }
}

/// `count` floats rounded up to 64 bytes.
func alignedCount(_ count: Int) -> Int { (count + 15) / 16 * 16 }

extension ModelLayer {
  /// The layer with its state.
  fileprivate func with(_ state: [StateTensor]) -> ModelLayer {
    ModelLayer(
      name: name, type: type, inputs: inputs, inputShapes: inputShapes, output: output,
      parameters: parameters, state: state, multiplyAdds: multiplyAdds, layer: layer)
  }
}
