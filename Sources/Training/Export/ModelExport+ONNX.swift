import CNNEngine
import ConfigDecoding
import JSONText
import ModelFormats

extension ModelExport {
  /// The ONNX file of the network, or of a vote. The input is raw pixels, 0 to 255, since normalization is part of the
  /// graph; the outputs are logits and probabilities.
  ///
  /// - Throws: `MemoryError`.
  func onnx(foldsBatchNorms: Bool) throws(MemoryError) -> [UInt8] {
    let model = config.model
    var graph = GraphBuilder()
    graph.file.appendInput("input", shape: model.input.dimensions)
    if members.count == 1, views.count == 1 {
      _ = try append(members[0], image: "input", foldsBatchNorms: foldsBatchNorms, to: &graph)
    } else {
      try appendVote(foldsBatchNorms: foldsBatchNorms, to: &graph)
    }
    for (index, output) in model.outputs.enumerated() {
      for name in ["logits", "probabilities"] {
        graph.file.appendOutput(prefix(of: output, index) + name, shape: [output.classes])
      }
    }
    let shape = (["N"] + model.input.dimensions.map(String.init)).joined(separator: ", ")
    graph.file.appendMetadata(
      "input", "pixels from 0 to 255 as float32 [\(shape)]; the graph normalizes them")
    for (output, names) in zip(model.outputs, model.classNames(of: classNames)) {
      let key = output.name == model.outputs[0].name ? "classes" : "\(output.name)_classes"
      graph.file.appendMetadata(key, JSON(names.map { JSON($0) }).text(pretty: false))
    }
    if members.count == 1, views.count == 1 {
      graph.file.appendMetadata("config", config.resolved.text(pretty: false))
      return graph.file.encoded(name: config.name)
    }
    let configs = JSON(members.map { $0.config.resolved })
    graph.file.appendMetadata("configs", configs.text(pretty: false))
    return graph.file.encoded(name: "vote")
  }

  /// The prefix of the names of an output.
  private func prefix(of output: ModelOutput, _ index: Int) -> String {
    index == 0 ? "" : "\(output.name)_"
  }

  /// Appends every network for every view of the image, the mean of their probabilities, and its logarithm.
  private func appendVote(foldsBatchNorms: Bool, to graph: inout GraphBuilder) throws(MemoryError) {
    var images = ["input"]
    if views.count > 1 {
      graph.append(
        ONNXOperator("Pad", [.string("mode", "edge")], list: [0, 0, 1, 1, 0, 0, 1, 1]), inputs: ["input"],
        output: "bordered")
      images = views.enumerated().map { number, view in
        let (starts, input) = ([1 - view.y, 1 - view.x], config.model.input)
        let ends = [starts[0] + input.height, starts[1] + input.width]
        let name = "view\(number)"
        for (list, values) in [("starts", starts), ("ends", ends), ("axes", [2, 3])] {
          graph.file.append("\(name).\(list)", values)
        }
        graph.file.appendNode(
          "Slice", inputs: ["bordered"] + ["starts", "ends", "axes"].map { "\(name).\($0)" }, output: name)
        return name
      }
    }
    var votes = config.model.outputs.map { _ in [String]() }
    for (number, member) in members.enumerated() {
      graph.weightPrefix = "network\(number)."
      for (view, image) in images.enumerated() {
        graph.prefix = "network\(number).view\(view)."
        let names = try append(
          member, image: image, foldsBatchNorms: foldsBatchNorms, hasWeights: view > 0, to: &graph)
        for (output, name) in names.enumerated() { votes[output].append(name) }
      }
    }
    (graph.prefix, graph.weightPrefix) = ("", "")
    for (index, output) in config.model.outputs.enumerated() {
      let prefix = self.prefix(of: output, index)
      graph.append(ONNXOperator("Mean"), inputs: votes[index], output: prefix + "probabilities")
      graph.append(
        ONNXOperator("Log"), inputs: [prefix + "probabilities"], output: prefix + "logits.unlimited")
      let least = ONNXOperator("Max", constant: Double(Softmax.leastLogProbability))
      graph.append(least, inputs: [prefix + "logits.unlimited"], output: prefix + "logits")
    }
  }

  /// Appends a network that reads `image`; returns the names of the probabilities of each output.
  ///
  /// - Parameter hasWeights: whether the graph already has its weights, by another view.
  private func append(
    _ member: (config: ExperimentConfig, buffer: FlatTensorBuffer), image: String, foldsBatchNorms: Bool,
    hasWeights: Bool = false, to graph: inout GraphBuilder
  ) throws(MemoryError) -> [String] {
    let model = member.config.model
    let image = appendNormalization(of: member.config, image, hasWeights: hasWeights, to: &graph)
    let tensors = try layerTensors(of: member, foldsBatchNorms: foldsBatchNorms)
    for tensor in tensors.compactMap({ $0 }).joined() where !hasWeights {
      graph.file.append(graph.weightPrefix + tensor.name, shape: tensor.shape, tensor.values)
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
        layer, of: inputs, weights: weights.map { graph.weightPrefix + $0.name }, isRead: isRead)
      values.append(value)
      logits.append(beforeSoftmax)
    }
    return model.outputs.enumerated().map { index, output in
      let layer = model.layers.firstIndex { $0.name == output.name }
      return appendOutput(
        output, prefix: graph.prefix + prefix(of: output, index),
        scores: layer.map { values[$0 + 1] } ?? image,
        logits: layer.flatMap { logits[$0] }, to: &graph)
    }
  }

  /// The tensors of each layer that inference needs; nil for a batch norm that is part of the weights before it.
  private func layerTensors(
    of member: (config: ExperimentConfig, buffer: FlatTensorBuffer), foldsBatchNorms: Bool
  ) throws(MemoryError) -> [[NamedTensor]?] {
    let (model, buffer) = (member.config.model, member.buffer)
    let layers = model.layers
    var tensors: [[NamedTensor]?] = layers.map { layer in
      layer.tensors(of: buffer).filter { !$0.isCounter }
    }
    guard foldsBatchNorms else { return tensors }
    for folded in try model.foldedLayers(of: buffer) {
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
  private func appendNormalization(
    of config: ExperimentConfig, _ image: String, hasWeights: Bool, to graph: inout GraphBuilder
  ) -> String {
    let (scale, mean, std) = config.data.normalization
    var value = image
    for (type, name, values, neutral) in [
      ("Div", "scale", [scale], 1.0), ("Sub", "mean", mean, 0), ("Div", "std", std, 1),
    ] where values.contains(where: { $0 != neutral }) {
      let (constant, output) = (
        graph.weightPrefix + "normalize.\(name)", graph.prefix + "normalize.\(name).output"
      )
      if !hasWeights {
        graph.file.append(constant, shape: [1, values.count, 1, 1], values.map { Float($0) })
      }
      graph.append(
        ONNXOperator(type, takesWeights: true), inputs: [value], weights: [constant], output: output)
      value = output
    }
    return value
  }

  /// Appends one of the model's outputs: logits, or log-probabilities as `Evaluator.scores` gives them, and
  /// probabilities, whose name it returns.
  private func appendOutput(
    _ output: ModelOutput, prefix: String, scores: String, logits: String?, to graph: inout GraphBuilder
  ) -> String {
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
    return prefix + "probabilities"
  }
}

/// Builds the nodes. Layer names have no dot, so that value names with a dot are unique.
private struct GraphBuilder {
  var file = ONNX()
  /// What the names of values begin with, and those of weights: of one network for one view they are different.
  var (prefix, weightPrefix) = ("", "")

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
      let output = prefix + (isLast ? "\(layer.name).output" : "\(layer.name).\(index + 1)")
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
