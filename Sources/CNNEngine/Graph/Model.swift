/// A layer of a model with its name, its inferred shapes and its parameters.
public struct ModelLayer: Sendable {
  /// Its name: the given one, or its type and number (`relu1`).
  public let name: String
  /// The name of its type in a config.
  public let type: String
  /// One image's input.
  public let input: Shape
  /// One image's output.
  public let output: Shape
  /// The tensors that it learns.
  public let parameters: [Parameter]
  /// Multiply-adds of its forward pass for one image.
  public let multiplyAdds: Int
  /// Its configuration.
  public let layer: any Layer

  /// The number of learned values.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
  /// Kernel, stride, padding and bias for the summary.
  public var details: LayerDetails { layer.details }
}

/// A learned tensor and its place in the flat buffers.
public struct Parameter: Sendable {
  /// PyTorch's state dict key, such as `conv1.weight`.
  public let name: String
  /// PyTorch's shape.
  public let shape: [Int]
  /// The offset of its first element in buffers of all parameters.
  public let offset: Int
  package let spec: ParameterSpec

  /// The number of floats.
  public var count: Int { spec.count }
  /// Its floats in the flat buffers.
  public var range: Range<Int> { offset..<offset + count }
}

/// A layer that does not match the output of the layer before it.
public struct ModelFault: Error, Sendable {
  /// The layer's index.
  public let index: Int
  /// The layer's name.
  public let name: String
  /// What is wrong.
  public let message: String
}

/// Every fault of a model's layers.
public struct ModelError: Error, Sendable {
  /// In the order of the layers.
  public let faults: [ModelFault]
}

/// A checked sequential model: inferred shapes and parameters, without tensors.
public struct Model: Sendable {
  /// One image's shape.
  public let input: Shape
  /// The layers in order.
  public let layers: [ModelLayer]
  /// The length in floats of a buffer of all parameters, each aligned to 64 bytes.
  public let flatCount: Int
  /// Whether 3x3 convolutions may be computed by Winograd's algorithm, which rounds differently.
  public let usesWinograd: Bool

  /// Infers the shapes of a sequence of layers; unnamed layers are named by type and number (`relu1`).
  ///
  /// - Throws: `ModelError` with all faults; layers after one whose output cannot be inferred are not checked.
  public init(input: Shape, layers: [any Layer], usesWinograd: Bool = true) throws(ModelError) {
    try self.init(input: input, layers: layers.map { NamedLayer($0) }, usesWinograd: usesWinograd)
  }

  /// Infers the shapes of a sequence of layers, some of them with names of their own.
  ///
  /// - Throws: `ModelError` with all faults; layers after one whose output cannot be inferred are not checked.
  public init(input: Shape, layers: [NamedLayer], usesWinograd: Bool = true) throws(ModelError) {
    self.input = input
    self.usesWinograd = usesWinograd
    var shape: Shape? = input
    var offset = 0
    var checked: [ModelLayer] = []
    var faults: [ModelFault] = []
    for (index, (name, entry)) in zip(layers.names, layers).enumerated() {
      guard let layerInput = shape else { break }
      let layer = entry.layer
      let output: Shape
      do {
        try Self.checkSize(layerInput, "an input")
        output = try layer.outputShape(for: layerInput)
        try Self.checkSize(output, "an output")
        try Self.checkWeights(layer.parameters(for: layerInput), after: offset)
      } catch {
        faults.append(ModelFault(index: index, name: name, message: error.message))
        shape = error.fallback
        continue
      }
      let parameters = layer.parameters(for: layerInput).map { parameter in
        defer { offset += (parameter.count + 15) / 16 * 16 }
        return Parameter(
          name: "\(name).\(parameter.role)", shape: parameter.shape, offset: offset, spec: parameter)
      }
      checked.append(
        ModelLayer(
          name: name, type: entry.type.rawValue, input: layerInput, output: output, parameters: parameters,
          multiplyAdds: layer.multiplyAdds(input: layerInput, output: output), layer: layer))
      shape = output
    }
    guard faults.isEmpty else { throw ModelError(faults: faults) }
    self.layers = checked
    flatCount = offset
  }

  /// The first `count` layers of `model`, whose parameters keep their offsets.
  package init(_ model: Model, prefix count: Int) {
    (input, usesWinograd, flatCount) = (model.input, model.usesWinograd, model.flatCount)
    layers = Array(model.layers.prefix(count))
  }

  /// The limits of activations of one image between two layers, and of all weights.
  private static let (maxActivations, maxWeights) = (50_000_000, 500_000_000)

  private static func checkSize(_ shape: Shape, _ what: String) throws(ShapeError) {
    guard let count = shape.dimensions.checkedProduct, count <= maxActivations else {
      throw ShapeError("\(what) of \(shape) has more than \(maxActivations) values per image")
    }
  }

  private static func checkWeights(_ parameters: [ParameterSpec], after used: Int) throws(ShapeError) {
    var left = maxWeights - used
    for parameter in parameters {
      guard let count = parameter.shape.checkedProduct, count <= left else {
        throw ShapeError("weights of \(Shape(parameter.shape)) are more than \(maxWeights) in all")
      }
      left -= count
    }
  }

  /// One image's output.
  public var output: Shape { layers.last?.output ?? input }
  /// All learned tensors, in the order of the layers.
  public var parameters: [Parameter] { layers.flatMap(\.parameters) }
  /// The number of learned values.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }
  /// Multiply-adds of the forward pass for one image.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

  /// The parameters with a weight regularizer.
  var regularizedParameters: [Parameter] { parameters.filter { !$0.spec.regularizer.isZero } }

  /// Initial weights and biases, a function of the seed.
  public func initialParameters(seed: UInt64) -> FlatTensorBuffer {
    let buffer = FlatTensorBuffer(count: flatCount)
    for (index, parameter) in parameters.enumerated() {
      let values = UnsafeMutableBufferPointer(start: buffer.floats + parameter.offset, count: parameter.count)
      parameter.spec.initializer.fill(values, spec: parameter.spec, seed: seed, stream: index)
    }
    return buffer
  }
}
