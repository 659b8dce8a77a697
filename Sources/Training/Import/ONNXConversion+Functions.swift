import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension ONNXConversion {
  /// Operators on each value alone, sums of layers, and the scaling of the image.
  ///
  /// Exporters write an activation as several operators in different forms. What these compute is followed at a few
  /// points and compared with the activations here.
  mutating func convertFunction(_ node: ONNXGraph.Node) throws(DataError) {
    if ["Add", "Sub", "Mul", "Div", "Pow"].contains(node.type) { return try convertBinary(node) }
    guard case .stream(var stream) = try meaning(node, 0) else { throw fault(node, "it reads a constant") }
    if node.type == "Neg" {
      switch stream.function {
      case .identity: stream.function = .negation
      case .negation: stream.function = .identity
      default: stream.function = .part(stream.values.map { -$0 }, node.type)
      }
      return try set(node, .stream(stream))
    }
    // An activation of another one is a layer behind a layer; within a function it is a part of it.
    if stream.isWhole { stream = try materialize(node, 0) }
    let (options, function) = try activation(node)
    let values = stream.values.map(function)
    if case .identity = stream.function, let options {
      stream.function = .layer(options, values)
    } else {
      stream.function = .part(values, node.type)
    }
    try set(node, .stream(stream))
  }

  /// The layer of an operator, nil for one that is only a part of layers, and its function.
  private func activation(
    _ node: ONNXGraph.Node
  ) throws(DataError) -> ([(String, JSON)]?, (Double) -> Double) {
    switch node.type {
    case "Relu": return ([("type", "relu")], { max($0, 0) })
    case "LeakyRelu":
      let slope = try number(node, "alpha", default: 0.01, within: 0...1)
      return ([("type", "leaky_relu"), ("slope", JSON(slope))], { $0 > 0 ? $0 : $0 * Double(slope) })
    case "Elu":
      let alpha = try number(node, "alpha", default: 1, within: 0...1e6)
      return ([("type", "elu"), ("alpha", JSON(alpha))], { $0 > 0 ? $0 : Double(alpha) * (exp($0) - 1) })
    case "Sigmoid": return ([("type", "sigmoid")], { 1 / (1 + exp(-$0)) })
    case "Tanh": return ([("type", "tanh")], { tanh($0) })
    case "Gelu":
      let approximation = try text(node, "approximate", default: "none")
      guard ["none", "tanh"].contains(approximation) else {
        throw fault(node, "approximate \(approximation.oneLine)")
      }
      let options: [(String, JSON)] = [("type", "gelu"), ("approximate", JSON(approximation))]
      if approximation == "tanh" { return (options, { Self.tanhGELU($0) }) }
      return (options, { Self.gelu($0) })
    default: return (nil, { erf($0) })
    }
  }

  private static func gelu(_ x: Double) -> Double { x * (1 + erf(x / 2.0.squareRoot())) / 2 }

  private static func tanhGELU(_ x: Double) -> Double {
    x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
  }

  /// The activation with these values at the points; nil if there is none.
  private static func layer(with values: [Double]) -> [(String, JSON)]? {
    func error(_ function: (Double) -> Double) -> Double {
      zip(ONNXStream.points, values).map { abs(function($0) - $1) }.max() ?? 0
    }
    let errors = [error { $0 / (1 + exp(-$0)) }, error(gelu), error(tanhGELU)]
    // Constants may have half precision; the nearest is meant.
    guard let least = errors.min(), least < 1e-3 else { return nil }
    switch errors.firstIndex(of: least) {
    case 0: return [("type", "silu")]
    case 1: return [("type", "gelu")]
    default: return [("type", "gelu"), ("approximate", "tanh")]
    }
  }

  private mutating func convertBinary(_ node: ONNXGraph.Node) throws(DataError) {
    let (left, right) = try (meaning(node, 0), meaning(node, 1))
    switch (left, right) {
    case (.stream(let a), .stream(let b)): try combine(node, a, b)
    case (.stream(let stream), _): try apply(node, stream, constantNumbers(node, 1), isReversed: false)
    case (_, .stream(let stream)): try apply(node, stream, constantNumbers(node, 0), isReversed: true)
    default: throw fault(node, "it reads constants alone")
    }
  }

  private func constantNumbers(_ node: ONNXGraph.Node, _ index: Int) throws(DataError) -> (
    shape: [Int], values: [Float]
  ) {
    if case .floats(let values) = try meaning(node, index) { return ([values.count], values) }
    return try constant(node, index)
  }

  private func result(_ node: ONNXGraph.Node, _ a: Double, _ b: Double) -> Double {
    switch node.type {
    case "Add": a + b
    case "Sub": a - b
    case "Mul": a * b
    case "Div": a / b
    default: pow(a, b)
    }
  }

  /// Two streams: two parts of one function, or a sum of layers.
  private mutating func combine(_ node: ONNXGraph.Node, _ a: ONNXStream, _ b: ONNXStream) throws(DataError) {
    let isOneFunction = a.layer == b.layer && a.shape == b.shape && a.scaling == b.scaling
    if isOneFunction, node.type != "Add" || !a.isWhole || !b.isWhole {
      var stream = a
      let values = zip(a.values, b.values).map { result(node, $0, $1) }
      stream.function = Self.layer(with: values).map { .layer($0, values) } ?? .part(values, node.type)
      return try set(node, .stream(stream))
    }
    guard node.type == "Add" else { throw fault(node, "of two layers' outputs only the sum is supported") }
    let streams = try [materialize(node, 0), materialize(node, 1)]
    guard streams[0].shape == streams[1].shape, streams.allSatisfy({ $0.shape == $0.ownShape }) else {
      throw fault(node, "\(streams[0].shape) and \(streams[1].shape) cannot be added")
    }
    let name = try append(node, [("type", "add")], from: streams.map(\.layer))
    let shape = streams[0].shape
    try set(node, .stream(ONNXStream(layer: name, shape: shape, ownShape: shape)))
  }

  /// A stream and a constant: the scaling of the image, a bias, or a part of a function.
  private mutating func apply(
    _ node: ONNXGraph.Node, _ stream: ONNXStream, _ constant: (shape: [Int], values: [Float]),
    isReversed: Bool
  ) throws(DataError) {
    var stream = stream
    let numbers = constant.values.map(Double.init)
    let isIdentity = if case .identity = stream.function { true } else { false }
    if isIdentity, stream.layer == "input", node.type != "Pow" {
      stream.scaling = try scaled(node, stream, constant.shape, numbers, isReversed: isReversed)
      return try set(node, .stream(stream))
    }
    if isIdentity, node.type == "Add",
      try addBias(constant.values, shape: constant.shape, to: stream, node)
    {
      return try set(node, .stream(stream))
    }
    guard numbers.count == 1 else {
      throw fault(node, "a constant of \(constant.shape) is neither a number nor the bias of a layer")
    }
    let values = stream.values.map {
      isReversed ? result(node, numbers[0], $0) : result(node, $0, numbers[0])
    }
    stream.function = Self.layer(with: values).map { .layer($0, values) } ?? .part(values, node.type)
    try set(node, .stream(stream))
  }
}
