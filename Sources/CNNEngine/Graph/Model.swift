/// A layer as it stands in a model: its name, its configuration and the shapes around it.
public struct ModelLayer: Sendable {
  /// Its name, given or made of type and number (`relu1`).
  public let name: String
  /// The word that names its type in a config.
  public let type: String
  /// One image's input.
  public let input: Shape
  /// One image's output.
  public let output: Shape
  /// The tensors it learns.
  public let parameters: [Parameter]
  /// Multiply-adds of its forward pass for one image.
  public let multiplyAdds: Int
  package let layer: any Layer

  /// Learned numbers.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
  /// Kernel, stride, padding and bias for the summary.
  package var details: LayerDetails { layer.details }
}

/// A learned tensor and its place in the flat buffers.
public struct Parameter: Sendable {
  /// `conv1.weight`: layer and role, as PyTorch names it.
  public let name: String
  /// PyTorch's shape.
  public let shape: [Int]
  /// The first float in the flat buffers.
  public let offset: Int
  package let spec: ParameterSpec

  /// The number of floats.
  public var count: Int { spec.count }
  /// Its floats in the flat buffers.
  public var range: Range<Int> { offset..<offset + count }
}

/// A layer that does not fit its place in a model.
public struct ModelFault: Error, Sendable {
  /// The layer's number.
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

/// A checked sequence of layers: shapes, parameters and counts, but no memory yet.
public struct Model: Sendable {
  /// One image.
  public let input: Shape
  /// The layers in order.
  public let layers: [ModelLayer]
  /// Floats in a flat buffer of all parameters, each aligned to a vector.
  public let flatCount: Int
  /// Whether 3x3 convolutions may be computed by Winograd's algorithm, which rounds differently.
  public let usesWinograd: Bool

  /// Checks every layer against its input.
  ///
  /// - Throws: `ModelError` with all faults; layers behind one whose output cannot be guessed are not checked.
  package init(input: Shape, layers specs: [LayerSpec], usesWinograd: Bool = true) throws(ModelError) {
    self.input = input
    self.usesWinograd = usesWinograd
    var shape: Shape? = input
    var offset = 0
    var built: [ModelLayer] = []
    var faults: [ModelFault] = []
    for (index, spec) in specs.enumerated() {
      guard let layerInput = shape else { break }
      let output: Shape
      do {
        try Self.checkSize(layerInput, "an input")
        output = try spec.layer.outputShape(for: layerInput)
        try Self.checkSize(output, "an output")
        try Self.checkWeights(spec.layer.parameters(for: layerInput), after: offset)
      } catch {
        faults.append(ModelFault(index: index, name: spec.name, message: error.message))
        shape = error.fallback
        continue
      }
      let parameters = spec.layer.parameters(for: layerInput).map { parameter in
        defer { offset += (parameter.count + 15) / 16 * 16 }
        return Parameter(
          name: "\(spec.name).\(parameter.role)", shape: parameter.shape, offset: offset, spec: parameter)
      }
      built.append(
        ModelLayer(
          name: spec.name, type: spec.type.rawValue, input: layerInput, output: output,
          parameters: parameters,
          multiplyAdds: spec.layer.multiplyAdds(input: layerInput, output: output), layer: spec.layer))
      shape = output
    }
    guard faults.isEmpty else { throw ModelError(faults: faults) }
    self.layers = built
    flatCount = offset
  }

  /// The first `count` layers of `model`, their parameters in the same places of the same buffers.
  package init(_ model: Model, prefix count: Int) {
    (input, usesWinograd, flatCount) = (model.input, model.usesWinograd, model.flatCount)
    layers = Array(model.layers.prefix(count))
  }

  /// Numbers of one image's activations between two layers, and weights in all, beyond which a model is refused.
  private static let (maxActivations, maxWeights) = (50_000_000, 500_000_000)

  private static func checkSize(_ shape: Shape, _ what: String) throws(ShapeError) {
    guard let count = shape.dimensions.checkedProduct, count <= maxActivations else {
      throw ShapeError("\(what) of \(shape) has more than \(maxActivations) numbers per image")
    }
  }

  private static func checkWeights(_ parameters: [ParameterSpec], after used: Int) throws(ShapeError) {
    var left = maxWeights - used
    for parameter in parameters {
      guard let count = parameter.shape.checkedProduct, count <= left else {
        throw ShapeError("weights of \(Shape(parameter.shape)) make more than \(maxWeights) in all")
      }
      left -= count
    }
  }

  /// One image's output.
  public var output: Shape { layers.last?.output ?? input }
  /// All learned tensors.
  public var parameters: [Parameter] { layers.flatMap(\.parameters) }
  /// Learned numbers.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }
  /// Multiply-adds of the forward pass for one image.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

  /// Draws the initial weights.
  public func initialParameters(seed: UInt64) -> FlatTensorBuffer {
    let buffer = FlatTensorBuffer(count: flatCount)
    for (index, parameter) in parameters.enumerated() {
      let values = UnsafeMutableBufferPointer(start: buffer.floats + parameter.offset, count: parameter.count)
      parameter.spec.initializer.fill(values, spec: parameter.spec, seed: seed, stream: index)
    }
    return buffer
  }
}

/// One entry of `model.layers` in a config.
package struct LayerSpec: Sendable {
  package let type: LayerType
  package let name: String
  package let layer: any Layer

  package init(type: LayerType, name: String, layer: any Layer) {
    (self.type, self.name, self.layer) = (type, name, layer)
  }
}
