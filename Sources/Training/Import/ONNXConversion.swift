import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// The state of a conversion: the layers so far, and what each value of the graph is.
struct ONNXConversion {
  /// The shape of an image: [C, H, W].
  var input: [Int] = []
  /// The number of images, where the graph has a fixed one.
  let batch: Int?
  var layers: [JSON] = []
  var weights = SafeTensors()
  /// The last layer's name.
  var previous = "input"
  var values: [String: ONNXMeaning] = [:]
  /// How the layers that read the input scale it; nil before the first.
  var inputScaling: ONNXStream.Scaling?
  let isOwn: Bool
  private let path: String
  /// How many nodes read a value.
  var readers: [String: Int] = [:]
  var names = LayerNames()
  var counts: [String: Int] = [:]
  /// The layers with weights but without a bias, and their number of outputs.
  var biasless: [String: (index: Int, count: Int)] = [:]
  /// The elements of all constants, and those of the weights so far, which may use one constant many times.
  var (availableElements, usedElements) = (0, 0)

  static let (largestLayers, largestCount) = (1024, 1 << 48)

  init(_ graph: ONNXGraph, path: String) throws(DataError) {
    (self.path, isOwn) = (path, graph.producer == "cnn")
    func fault(_ reason: String) -> DataError { .unsuitable(path: path, reason: reason) }
    guard graph.inputs.count == 1, let image = graph.inputs.first else {
      throw fault("\(graph.inputs.count.pluralized("input")); a network here has one, the image")
    }
    let sizes = (image.shape ?? []).dropFirst().map { dimension in
      if case .size(let size) = dimension { size } else { 0 }
    }
    guard 1...3 ~= sizes.count, sizes.allSatisfy({ 1...65_536 ~= $0 }) else {
      throw fault(
        "the input \(image.name.quoted) is not [N, channels, height, width] of known sizes")
    }
    input = Self.image(sizes)
    if case .size(let count) = image.shape?.first { batch = count } else { batch = nil }
    values[image.name] = .stream(ONNXStream(layer: "input", shape: sizes, ownShape: input))
    for tensor in graph.initializers {
      values[tensor.name] = .tensor(tensor)
      availableElements += tensor.bytes.count / tensor.elementType.size
    }
    for name in graph.nodes.flatMap(\.inputs) + graph.outputs.map(\.name) { readers[name, default: 0] += 1 }
  }

  /// The image of an input of [H, W] or of flat features, square if there is a square.
  private static func image(_ sizes: [Int]) -> [Int] {
    switch sizes.count {
    case 3: return sizes
    case 2: return [1] + sizes
    default:
      let side = Int(clamping: Double(sizes[0]).squareRoot())
      return side * side == sizes[0] ? [1, side, side] : [1, 1, sizes[0]]
    }
  }

  func fault(_ node: ONNXGraph.Node, _ reason: String) -> DataError {
    let name = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    return .unsuitable(
      path: path, reason: "operator \(node.type.oneLine) (\(name.quoted)): \(reason)")
  }

  // MARK: Values

  /// The name of a node's input; nil for one that it does not have.
  func inputName(_ node: ONNXGraph.Node, _ index: Int) -> String? {
    node.inputs.indices.contains(index) && !node.inputs[index].isEmpty ? node.inputs[index] : nil
  }

  func meaning(_ node: ONNXGraph.Node, _ index: Int) throws(DataError) -> ONNXMeaning {
    guard let name = inputName(node, index), let value = values[name] else {
      throw fault(node, "input \(index + 1) is missing")
    }
    return value
  }

  /// A constant of floats.
  func constant(_ node: ONNXGraph.Node, _ index: Int) throws(DataError) -> (shape: [Int], values: [Float]) {
    if case .tensor(let tensor) = try meaning(node, index), let floats = tensor.floats {
      return (tensor.shape, floats)
    }
    throw fault(node, "input \(index + 1) must be a constant of floating-point numbers")
  }

  /// A constant of integers, or one that follows from shapes.
  func integers(_ node: ONNXGraph.Node, _ index: Int) throws(DataError) -> [Int] {
    switch try meaning(node, index) {
    case .integers(let values): return values
    // A shape has few.
    case .tensor(let tensor) where tensor.bytes.count <= 1024:
      if let integers = tensor.integers { return integers }
    default: break
    }
    throw fault(node, "input \(index + 1) must be a constant of integers")
  }

  mutating func set(_ node: ONNXGraph.Node, _ meaning: ONNXMeaning) throws(DataError) {
    guard let name = node.outputs.first, !name.isEmpty else { throw fault(node, "it has no output") }
    if let second = node.outputs.dropFirst().first(where: { readers[$0] != nil && !$0.isEmpty }) {
      throw fault(node, "its output \(second.quoted) is not supported")
    }
    if case .stream(let stream) = meaning {
      var count = 1
      for size in stream.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, 1...Self.largestCount ~= product else {
          throw fault(node, "a value of \(stream.shape)")
        }
        count = product
      }
    }
    values[name] = meaning
  }
}
