import ConfigDecoding
import FileIO
import Formatting
import ModelFormats

/// The layers and their weights.
extension ONNXConversion {
  /// Appends a layer that reads the layers called `sources`; returns its name.
  mutating func append(
    _ node: ONNXGraph.Node, _ options: [(String, JSON)], from sources: [String], weight: String? = nil
  ) throws(DataError) -> String {
    guard layers.count < Self.largestLayers else {
      throw fault(node, "more than \(Self.largestLayers.grouped) layers")
    }
    let type = options.first?.1.string ?? ""
    counts[type, default: 0] += 1
    let stem = hint(node, weight) ?? "\(type)\(counts[type, default: 1])"
    let name = names.unused(String(stem.utf8.map { Unicode.Scalar($0) }.identifier.prefix(56)))
    var members = options
    members.insert(("name", JSON(name)), at: 1)
    if sources.count > 1 {
      members.append(("from", JSON(sources.map { JSON($0) })))
    } else if let source = sources.first, source != previous {
      members.append(("from", JSON(source)))
    }
    layers.append(JSON(object: members))
    previous = name
    return name
  }

  /// A layer's name in this program's own graphs, or that of its weight without the last part.
  private func hint(_ node: ONNXGraph.Node, _ weight: String?) -> String? {
    if isOwn, let output = node.outputs.first, output.hasSuffix(".output") {
      let name = output.dropLast(".output".count)
      if !name.contains(".") { return String(name) }
    }
    guard let weight, let dot = weight.lastIndex(of: "."), !weight.contains(":") else { return nil }
    return String(weight[..<dot])
  }

  /// Adds a tensor of a layer.
  mutating func add(
    _ role: String, of layer: String, shape: [Int], _ values: [Float], _ node: ONNXGraph.Node
  ) throws(DataError) {
    usedElements += values.count
    guard usedElements / 16 <= availableElements else {
      throw fault(node, "its weights are used too many times")
    }
    do throws(SafeTensorsError) {
      try weights.append("\(layer).\(role)", shape: shape, values)
    } catch {
      throw fault(node, error.message)
    }
  }

  /// Notes that a layer has no bias, which a sum may add.
  mutating func setBiasless(_ layer: String, count: Int) { biasless[layer] = (layers.count - 1, count) }

  /// Gives a layer without a bias the constant that is added to its output; false if there is no such layer.
  mutating func addBias(
    _ values: [Float], shape: [Int], to stream: ONNXStream, _ node: ONNXGraph.Node
  ) throws(DataError) -> Bool {
    let isMap = stream.shape.count == 3
    // The sizes from the channels on; all others are 1.
    let channels = isMap ? shape.count - 3 : shape.count - 1
    guard let (index, count) = biasless[stream.layer], hasOneReader(stream.layer), channels >= 0,
      values.count == count,
      shape[channels] == count
    else { return false }
    biasless[stream.layer] = nil
    layers[index]["bias"] = nil
    try add("bias", of: stream.layer, shape: [count], values, node)
    return true
  }

  /// Whether the values that are a layer's output have one reader each, so that only the last one is used.
  private func hasOneReader(_ layer: String) -> Bool {
    values.allSatisfy { name, meaning in
      guard case .stream(let stream) = meaning, stream.layer == layer else { return true }
      return readers[name, default: 0] <= 1
    }
  }

  /// The stream of a value with all that is to be applied to it; a layer for its function is appended.
  mutating func materialize(_ node: ONNXGraph.Node, _ index: Int) throws(DataError) -> ONNXStream {
    guard let name = inputName(node, index) else { throw fault(node, "input \(index + 1) is missing") }
    return try materialize(name, node)
  }

  private mutating func materialize(_ name: String, _ node: ONNXGraph.Node) throws(DataError) -> ONNXStream {
    guard case .stream(var stream) = values[name] else {
      throw fault(node, "\(name.quoted) must be computed from the image")
    }
    switch stream.function {
    case .identity: break
    case .layer(let options, _):
      try read(stream, node)
      stream.layer = try append(node, options, from: [stream.layer])
      stream.function = .identity
      values[name] = .stream(stream)
    case .negation: throw fault(node, "it reads a negated value, which no layer computes")
    case .part(_, let type):
      throw fault(node, "it reads a function of \(type.oneLine) that is none of the activations here")
    }
    try read(stream, node)
    return stream
  }

  /// Checks that all layers that read the image scale it alike.
  mutating func read(_ stream: ONNXStream, _ node: ONNXGraph.Node) throws(DataError) {
    guard stream.layer == "input" else { return }
    guard inputScaling == nil || inputScaling == stream.scaling else {
      throw fault(node, "the image is read with and without normalization")
    }
    inputScaling = stream.scaling
  }

  /// The layer of an output, with flat scores, and the loss that suits it.
  mutating func head(_ output: String) throws(DataError) -> (layer: String, loss: String) {
    let node = ONNXGraph.Node(output: output)
    var stream = try materialize(output, node)
    if stream.ownShape.count != 1 || stream.layer == "input" { stream = try flattened(stream, node) }
    let type = layers.first { $0["name"]?.string == stream.layer }?["type"]?.string
    return (stream.layer, type == "log_softmax" ? "nll" : "cross_entropy")
  }

  /// The stream as flat features, behind a flatten where its layer gives a map.
  mutating func flattened(_ stream: ONNXStream, _ node: ONNXGraph.Node) throws(DataError) -> ONNXStream {
    var stream = stream
    let count = stream.ownShape.reduce(1, *)
    if stream.ownShape.count != 1 || stream.layer == "input" {
      stream.layer = try append(node, [("type", "flatten")], from: [stream.layer])
    }
    (stream.shape, stream.ownShape) = ([count], [count])
    return stream
  }
}
