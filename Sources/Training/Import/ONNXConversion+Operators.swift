import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

extension ONNXConversion {
  /// Converts a node, whose inputs have been converted.
  mutating func convert(_ node: ONNXGraph.Node) throws(DataError) {
    guard node.domain.isEmpty else {
      throw fault(node, "operators of the domain \(node.domain.oneLine) are not supported")
    }
    switch node.type {
    case "Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Shape", "Gather",
      "Constant":
      try convertShape(node)
    case "Relu", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "Gelu", "Erf", "Neg", "Pow", "Add", "Sub", "Mul",
      "Div":
      try convertFunction(node)
    case "Conv": try convertConvolution(node)
    case "MaxPool", "AveragePool": try convertPool(node)
    case "GlobalAveragePool": try appendGlobalPool(node, keepsSizes: true)
    case "ReduceMean": try convertMean(node)
    case "Gemm", "MatMul": try convertDense(node)
    case "BatchNormalization": try convertNorm(node)
    case "Softmax", "LogSoftmax": try convertSoftmax(node)
    case "Concat": try convertConcat(node)
    default: throw fault(node, "it is none of the layers here")
    }
  }

  // MARK: Attributes

  func integer(_ node: ONNXGraph.Node, _ name: String, default preset: Int) throws(DataError) -> Int {
    switch node[name] {
    case nil: return preset
    case .integer(let value): return value
    default: throw fault(node, "\(name) is no integer")
    }
  }

  func number(
    _ node: ONNXGraph.Node, _ name: String, default preset: Float, within range: ClosedRange<Float>
  ) throws(DataError) -> Float {
    var value = preset
    if let attribute = node[name] {
      guard case .float(let number) = attribute else { throw fault(node, "\(name) is no number") }
      value = number
    }
    guard range.contains(value) else {
      throw fault(node, "\(name) is \(value), not from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func integers(_ node: ONNXGraph.Node, _ name: String, default preset: [Int]) throws(DataError) -> [Int] {
    switch node[name] {
    case nil: return preset
    case .integers(let values): return values
    default: throw fault(node, "\(name) is no list of integers")
    }
  }

  func text(_ node: ONNXGraph.Node, _ name: String, default preset: String) throws(DataError) -> String {
    switch node[name] {
    case nil: return preset
    case .text(let value): return value
    default: throw fault(node, "\(name) is no text")
    }
  }

  // MARK: Layers without windows

  /// `Gemm` or `MatMul` with a constant as a dense layer.
  private mutating func convertDense(_ node: ONNXGraph.Node) throws(DataError) {
    let isTransposed = try integer(node, "transB", default: 0) != 0
    let range: ClosedRange<Float> = 1...1
    _ = try (
      number(node, "alpha", default: 1, within: range), number(node, "beta", default: 1, within: range)
    )
    if try integer(node, "transA", default: 0) != 0 { throw fault(node, "transA is not supported") }
    let (shape, values) = try constant(node, 1)
    var stream = try materialize(node, 0)
    guard shape.count == 2, 1...1_000_000 ~= shape[0], 1...1_000_000 ~= shape[1] else {
      throw fault(node, "its weights are \(shape), not a matrix")
    }
    let (units, features) = isTransposed ? (shape[0], shape[1]) : (shape[1], shape[0])
    guard stream.shape == [features] else {
      throw fault(node, "weights for \(features) features read \(stream.shape)")
    }
    stream = try flattened(stream, node)
    let hasBias = node.type == "Gemm" && inputName(node, 2) != nil
    var options: [(String, JSON)] = [("type", "dense"), ("units", JSON(units))]
    if !hasBias { options.append(("bias", false)) }
    stream.layer = try append(node, options, from: [stream.layer], weight: inputName(node, 1))
    let rows =
      isTransposed
      ? values : KerasConversion.transposed(values, inputs: features, outputs: units, places: nil)
    try add("weight", of: stream.layer, shape: [units, features], rows, node)
    if hasBias {
      let bias = try constant(node, 2)
      guard bias.values.count == units else {
        throw fault(node, "a bias of \(bias.shape) for \(units) units")
      }
      try add("bias", of: stream.layer, shape: [units], bias.values, node)
    } else {
      setBiasless(stream.layer, count: units)
    }
    (stream.shape, stream.ownShape, stream.scaling) = ([units], [units], .init())
    try set(node, .stream(stream))
  }

  /// `BatchNormalization` of inference.
  private mutating func convertNorm(_ node: ONNXGraph.Node) throws(DataError) {
    if try integer(node, "training_mode", default: 0) != 0 { throw fault(node, "it is in training mode") }
    let epsilon = try number(node, "epsilon", default: 1e-5, within: 1e-12...1)
    let momentum = 1 - Double(try number(node, "momentum", default: 0.9, within: 0...1))
    var stream = try materialize(node, 0)
    guard stream.shape == stream.ownShape, let channels = stream.shape.first else {
      throw fault(node, "it reads \(stream.shape), no map and no features")
    }
    let options: [(String, JSON)] = [
      ("type", "batch_norm"), ("epsilon", JSON(epsilon)),
      ("momentum", JSON((momentum * 1e6).rounded() / 1e6)),
    ]
    stream.layer = try append(node, options, from: [stream.layer], weight: inputName(node, 1))
    for (index, role) in ["weight", "bias", "running_mean", "running_var"].enumerated() {
      let (shape, values) = try constant(node, index + 1)
      guard shape == [channels] else { throw fault(node, "\(role) is \(shape), not [\(channels)]") }
      try add(role, of: stream.layer, shape: shape, values, node)
    }
    stream.scaling = .init()
    try set(node, .stream(stream))
  }

  private mutating func convertSoftmax(_ node: ONNXGraph.Node) throws(DataError) {
    let axis = try integer(node, "axis", default: -1)
    var stream = try materialize(node, 0)
    guard stream.shape.count == 1, axis == 1 || axis == -1 else {
      throw fault(node, "only softmax over features is supported")
    }
    stream = try flattened(stream, node)
    stream.layer = try append(
      node, [("type", node.type == "Softmax" ? "softmax" : "log_softmax")], from: [stream.layer])
    stream.scaling = .init()
    try set(node, .stream(stream))
  }

  /// `Concat` along the channels; of integers, a list.
  private mutating func convertConcat(_ node: ONNXGraph.Node) throws(DataError) {
    let axis = try integer(node, "axis", default: 0)
    guard 1...64 ~= node.inputs.count else {
      throw fault(node, "\(node.inputs.count) inputs; the limit is 64")
    }
    if case .stream = try meaning(node, 0) {
      var streams: [ONNXStream] = []
      for index in node.inputs.indices { streams.append(try materialize(node, index)) }
      var shape = streams[0].shape
      let isAlongChannels = axis == 1 || axis == -shape.count
      guard isAlongChannels, streams.count > 1,
        streams.allSatisfy({ $0.shape.dropFirst() == shape.dropFirst() && $0.shape == $0.ownShape })
      else { throw fault(node, "only maps of one size, along the channels, can be concatenated") }
      shape[0] = streams.reduce(0) { $0 + $1.shape[0] }
      guard shape[0] <= 100_000_000 else { throw fault(node, "it has too many channels") }
      let name = try append(node, [("type", "concat")], from: streams.map(\.layer))
      return try set(node, .stream(ONNXStream(layer: name, shape: shape, ownShape: shape)))
    }
    var list: [Int] = []
    for index in node.inputs.indices { list += try integers(node, index) }
    guard axis == 0 || axis == -1, list.count <= 8 else { throw fault(node, "a list that is no shape") }
    try set(node, .integers(list))
  }

  // MARK: Global average pooling

  private mutating func convertMean(_ node: ONNXGraph.Node) throws(DataError) {
    let axes =
      inputName(node, 1) == nil ? try integers(node, "axes", default: []) : try integers(node, 1)
    guard Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3], axes.count == 2 else {
      throw fault(node, "only the mean over rows and columns is supported, not over the axes \(axes)")
    }
    try appendGlobalPool(node, keepsSizes: integer(node, "keepdims", default: 1) != 0)
  }

  private mutating func appendGlobalPool(_ node: ONNXGraph.Node, keepsSizes: Bool) throws(DataError) {
    let stream = try materialize(node, 0)
    guard stream.shape.count == 3, stream.shape == stream.ownShape else {
      throw fault(node, "it reads \(stream.shape), no map")
    }
    let channels = stream.shape[0]
    let name = try append(node, [("type", "global_average_pool2d")], from: [stream.layer])
    try set(
      node,
      .stream(
        ONNXStream(layer: name, shape: keepsSizes ? [channels, 1, 1] : [channels], ownShape: [channels])))
  }
}
