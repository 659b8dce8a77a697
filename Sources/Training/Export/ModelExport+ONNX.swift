import CNNEngine
import ConfigDecoding
import JSONText
import ModelFormats

extension ModelExport {
  /// The ONNX file of the network. The input is raw pixels, 0 to 255, since normalization is part of the graph; the
  /// outputs are logits and probabilities.
  func onnx() -> [UInt8] {
    let model = config.model
    var graph = GraphBuilder(value: "input")
    graph.file.appendInput("input", shape: model.input.dimensions)
    appendNormalization(to: &graph)
    for tensor in weights { graph.file.append(tensor.name, shape: tensor.shape, tensor.values) }
    // The logits are the input of a last softmax.
    let endsWithSoftmax = model.layers.last?.layer is Softmax
    for layer in endsWithSoftmax ? model.layers.dropLast() : model.layers[...] {
      graph.append(layer)
    }
    appendOutputs(to: &graph, endsWithSoftmax: endsWithSoftmax)
    let shape = (["N"] + model.input.dimensions.map(String.init)).joined(separator: ", ")
    graph.file.appendMetadata(
      "input", "pixels from 0 to 255 as float32 [\(shape)]; the graph normalizes them")
    graph.file.appendMetadata("classes", JSON(classNames.map { JSON($0) }).text(pretty: false))
    graph.file.appendMetadata("config", config.resolved.text(pretty: false))
    return graph.file.encoded(name: config.name)
  }

  /// Appends (pixel / scale - mean) / std, in the engine's order, without operations that change nothing.
  private func appendNormalization(to graph: inout GraphBuilder) {
    let (scale, mean, std) = config.data.normalization
    for (type, name, values, neutral) in [
      ("Div", "scale", [scale], 1.0), ("Sub", "mean", mean, 0), ("Div", "std", std, 1),
    ] where values.contains(where: { $0 != neutral }) {
      let constant = "normalize.\(name)"
      graph.file.append(constant, shape: [1, values.count, 1, 1], values.map { Float($0) })
      graph.append(ONNXOperator(type, takesWeights: true), weights: [constant], output: "\(constant).output")
    }
  }

  /// Appends the outputs: logits, or log-probabilities as `Evaluator.scores` gives them, and probabilities.
  private func appendOutputs(to graph: inout GraphBuilder, endsWithSoftmax: Bool) {
    if !config.model.output.isFlat {
      graph.append(ONNXOperator("Flatten", [.integer("axis", 1)]), output: "scores.output")
    }
    let scores = graph.value
    let knowsProbabilities = endsWithSoftmax && !type(of: config.loss).absorbsSoftmax
    let overClasses: [ONNXOperator.Attribute] = [.integer("axis", 1)]
    for (name, operation) in [
      ("logits", knowsProbabilities ? ONNXOperator("LogSoftmax", overClasses) : ONNXOperator("Identity")),
      ("probabilities", ONNXOperator("Softmax", overClasses)),
    ] {
      graph.value = scores
      graph.append(operation, output: name)
      graph.file.appendOutput(name, shape: [config.model.output.count])
    }
  }
}

/// Builds a chain of nodes. Layer names have no dot, so that value names with a dot are unique.
private struct GraphBuilder {
  var file = ONNX()
  /// The input of the next node.
  var value: String

  init(value: String) { self.value = value }

  mutating func append(_ layer: ModelLayer) {
    let operators = layer.layer.onnxOperators(input: layer.input, output: layer.output)
    for (index, operation) in operators.enumerated() {
      let isLast = index == operators.count - 1
      append(
        operation, weights: layer.parameters.map(\.name),
        output: isLast ? "\(layer.name).output" : "\(layer.name).\(index + 1)")
    }
  }

  mutating func append(_ operation: ONNXOperator, weights: [String] = [], output: String) {
    var inputs = [value] + (operation.takesWeights ? weights : [])
    if let list = operation.list {
      inputs.append("\(output).list")
      file.append("\(output).list", list)
    }
    file.appendNode(operation.type, operation.attributes.map(\.onnx), inputs: inputs, output: output)
    value = output
  }
}

extension ONNXOperator.Attribute {
  /// The attribute in the file format.
  fileprivate var onnx: (name: String, value: ONNX.Attribute) {
    switch value {
    case .integer(let number): (name, .integer(number))
    case .integers(let numbers): (name, .integers(numbers))
    }
  }
}
