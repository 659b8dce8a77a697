import CNNEngine
import ConfigDecoding
import JSONText
import ModelFormats

extension ModelExport {
  /// The ONNX file of the network. The input is raw pixels, 0 to 255, since normalization is part of the graph; the
  /// outputs are logits and probabilities.
  ///
  /// - Throws: `MemoryError`.
  func onnx(foldsBatchNorms: Bool) throws(MemoryError) -> [UInt8] {
    let model = config.model
    var graph = GraphBuilder()
    graph.file.appendInput("input", shape: model.input.dimensions)
    let image = appendNormalization(to: &graph)
    let tensors = try layerTensors(foldsBatchNorms: foldsBatchNorms)
    for tensor in tensors.compactMap({ $0 }).joined() {
      graph.file.append(tensor.name, shape: tensor.shape, tensor.values)
    }
    // The name of each of the model's values, and the input of a softmax at the end of each layer.
    var (values, logits) = ([image], [String?]())
    for (index, layer) in model.layers.enumerated() {
      let inputs = layer.inputs.map { values[$0] }
      guard let weights = tensors[index] else {
        values.append(inputs[0])
        logits.append(nil)
        continue
      }
      let isRead = model.layers.contains { $0.inputs.contains(index + 1) }
      let (value, beforeSoftmax) = graph.append(
        layer, of: inputs, weights: weights.map(\.name), isRead: isRead)
      values.append(value)
      logits.append(beforeSoftmax)
    }
    for (index, output) in model.outputs.enumerated() {
      let layer = model.layers.firstIndex { $0.name == output.name }
      appendOutput(
        output, prefix: index == 0 ? "" : "\(output.name)_", scores: layer.map { values[$0 + 1] } ?? image,
        logits: layer.flatMap { logits[$0] }, to: &graph)
    }
    let shape = (["N"] + model.input.dimensions.map(String.init)).joined(separator: ", ")
    graph.file.appendMetadata(
      "input", "pixels from 0 to 255 as float32 [\(shape)]; the graph normalizes them")
    for (output, names) in zip(model.outputs, model.classNames(of: classNames)) {
      let key = output.name == model.outputs[0].name ? "classes" : "\(output.name)_classes"
      graph.file.appendMetadata(key, JSON(names.map { JSON($0) }).text(pretty: false))
    }
    graph.file.appendMetadata("config", config.resolved.text(pretty: false))
    return graph.file.encoded(name: config.name)
  }

  /// The tensors of each layer that inference needs; nil for a batch norm that is part of the weights before it.
  private func layerTensors(foldsBatchNorms: Bool) throws(MemoryError) -> [[NamedTensor]?] {
    let layers = config.model.layers
    var tensors: [[NamedTensor]?] = layers.map { layer in
      layer.tensors(of: buffer).filter { !$0.isCounter }
    }
    guard foldsBatchNorms else { return tensors }
    for folded in try config.model.foldedLayers(of: buffer) {
      let layer = layers[folded.layer]
      tensors[folded.layer] = [
        NamedTensor(
          name: "\(layer.name).weight", shape: layer.parameters[0].shape, values: folded.weights),
        NamedTensor(name: "\(layer.name).bias", shape: [folded.bias.count], values: folded.bias),
      ]
      tensors[folded.norm] = nil
    }
    return tensors
  }

  /// Appends (pixel / scale - mean) / std, in the engine's order, without operations that change nothing; returns the
  /// name of the value.
  private func appendNormalization(to graph: inout GraphBuilder) -> String {
    let (scale, mean, std) = config.data.normalization
    var value = "input"
    for (type, name, values, neutral) in [
      ("Div", "scale", [scale], 1.0), ("Sub", "mean", mean, 0), ("Div", "std", std, 1),
    ] where values.contains(where: { $0 != neutral }) {
      let constant = "normalize.\(name)"
      graph.file.append(constant, shape: [1, values.count, 1, 1], values.map { Float($0) })
      graph.append(
        ONNXOperator(type, takesWeights: true), inputs: [value], weights: [constant],
        output: "\(constant).output")
      value = "\(constant).output"
    }
    return value
  }

  /// Appends one of the model's outputs: logits, or log-probabilities as `Evaluator.scores` gives them, and
  /// probabilities.
  private func appendOutput(
    _ output: ModelOutput, prefix: String, scores: String, logits: String?, to graph: inout GraphBuilder
  ) {
    // The logits are the input of a last softmax.
    var scores = logits ?? scores
    if !output.shape.isFlat {
      let flat = "\(prefix)logits.flat"
      graph.append(ONNXOperator("Flatten", [.integer("axis", 1)]), inputs: [scores], output: flat)
      scores = flat
    }
    let overClasses: [ONNXOperator.Attribute] = [.integer("axis", 1)]
    if output.isSoftmax {
      let log = "\(prefix)logits.unlimited"
      graph.append(ONNXOperator("LogSoftmax", overClasses), inputs: [scores], output: log)
      let least = ONNXOperator("Max", constant: Double(Softmax.leastLogProbability))
      graph.append(least, inputs: [log], output: prefix + "logits")
    } else {
      graph.append(ONNXOperator("Identity"), inputs: [scores], output: prefix + "logits")
    }
    graph.append(ONNXOperator("Softmax", overClasses), inputs: [scores], output: prefix + "probabilities")
    for name in ["logits", "probabilities"] {
      graph.file.appendOutput(prefix + name, shape: [output.classes])
    }
  }
}

/// Builds the nodes. Layer names have no dot, so that value names with a dot are unique.
private struct GraphBuilder {
  var file = ONNX()

  /// Appends a layer and its activation; returns the value's name, and that of the input of a softmax at its end.
  ///
  /// - Parameters:
  ///   - weights: the names of the tensors that its operator with weights takes behind its inputs.
  ///   - isRead: whether another layer reads the value; without a reader a softmax at its end is left out.
  mutating func append(
    _ layer: ModelLayer, of inputs: [String], weights: [String], isRead: Bool
  ) -> (value: String, beforeSoftmax: String?) {
    let own = layer.layer.onnxOperators(input: layer.input, output: layer.output).flatMap { operation in
      operation.merges == .pairs ? Array(repeating: operation, count: inputs.count - 1) : [operation]
    }
    let activation = layer.layer.activation?.onnxOperators(input: layer.output, output: layer.output) ?? []
    let operators = own + activation
    var (value, partInput) = (inputs[0], inputs[0])
    for (index, operation) in operators.enumerated() {
      let isLast = index == operators.count - 1
      if isLast, operation.type == "Softmax", !isRead { return (value, value) }
      if index == own.count { partInput = value }
      let output = isLast ? "\(layer.name).output" : "\(layer.name).\(index + 1)"
      let values: [String]
      switch operation.merges {
      case .none: values = [value]
      case .all: values = inputs
      case .pairs: values = [value, inputs[index + 1]]
      case .withInput: values = [value, partInput]
      }
      append(operation, inputs: values, weights: weights, output: output)
      if isLast, operation.type == "Softmax" { return (output, value) }
      value = output
    }
    return (value, nil)
  }

  mutating func append(
    _ operation: ONNXOperator, inputs: [String], weights: [String] = [], output: String
  ) {
    var inputs = inputs + (operation.takesWeights ? weights : [])
    if let constant = operation.constant {
      inputs.append("\(output).constant")
      file.append("\(output).constant", shape: [], [Float(constant)])
    }
    if let list = operation.list {
      inputs.append("\(output).list")
      file.append("\(output).list", list)
    }
    file.appendNode(operation.type, operation.attributes.map(\.onnx), inputs: inputs, output: output)
  }
}

extension ONNXOperator.Attribute {
  /// The attribute in the file format.
  fileprivate var onnx: (name: String, value: ONNX.Attribute) {
    switch value {
    case .integer(let number): (name, .integer(number))
    case .integers(let numbers): (name, .integers(numbers))
    case .float(let number): (name, .float(Float(number)))
    case .string(let text): (name, .string(text))
    }
  }
}
