import ConfigDecoding
import Formatting

/// The layers of a model while their inputs are resolved and their shapes inferred.
struct ModelCheck {
  private let input: Shape
  private let names: [String]
  /// The layers so far; nil for those that cannot be checked.
  private(set) var layers: [ModelLayer?] = []
  private(set) var faults: [ModelFault] = []
  /// Floats of the parameters so far.
  private(set) var extent = 0
  /// The shape of each value; nil where it cannot be inferred.
  private var shapes: [Shape?]
  /// The values that a layer reads.
  private var isRead: Set<Int> = []

  /// The limits of activations of one image between two layers, and of all weights.
  private static let (maxActivations, maxWeights) = (50_000_000, 500_000_000)

  init(input: Shape, names: [String]) {
    (self.input, self.names, shapes) = (input, names, [input])
  }

  // MARK: Layers

  /// Checks the layer `entry`, the next one.
  mutating func append(_ entry: NamedLayer, at index: Int) {
    let (layer, name) = (entry.layer, names[index])
    func fault(_ message: String, key: String? = nil) -> ModelFault {
      ModelFault(subject: .layer(index), name: name, key: key, message: message)
    }
    var output: Shape?
    var checked: ModelLayer?
    defer {
      shapes.append(output)
      layers.append(checked)
    }
    let inputs: [Int]
    do {
      inputs = try resolve(entry.inputs, of: layer, at: index)
    } catch {
      faults.append(fault(error.message, key: entry.inputs == nil ? nil : "from"))
      return
    }
    isRead.formUnion(inputs)
    let known = inputs.compactMap { shapes[$0] }
    guard known.count == inputs.count else { return }
    do {
      for shape in known { try Self.checkSize(shape, "an input") }
      output = try layer.outputShape(of: known, names: inputs.map(name(ofValue:)))
      if let output { try Self.checkSize(output, "an output") }
      try Self.checkWeights(layer.parameters(for: known[0]), after: extent)
    } catch {
      faults.append(fault(error.message))
      output = error.fallback
      return
    }
    if let output, let activation = layer.activation {
      if (try? activation.outputShape(for: output)) == nil {
        let type = LayerType(of: activation).rawValue
        let message =
          "\"\(type)\" needs flat features, not \(output); make it a layer of its own, behind a \"flatten\""
        faults.append(fault(message, key: "activation"))
      }
    }
    let parameters = layer.parameters(for: known[0]).map { parameter in
      defer { extent += alignedCount(parameter.count) }
      return Parameter(
        name: "\(name).\(parameter.role)", shape: parameter.shape, offset: extent, spec: parameter)
    }
    guard let output else { return }
    checked = ModelLayer(
      name: name, type: entry.type.rawValue, inputs: inputs, inputShapes: known, output: output,
      parameters: parameters, state: [], multiplyAdds: layer.multiplyAdds(input: known[0], output: output),
      layer: layer)
  }

  private func name(ofValue value: Int) -> String { value == 0 ? "input" : names[value - 1] }

  /// The values that the layer at `index` reads.
  private func resolve(
    _ names: [String]?, of layer: any Layer, at index: Int
  ) throws(ShapeError) -> [Int] {
    let isMerge = layer.merge != nil
    guard let names else {
      if !isMerge { return [index] }
      throw ShapeError("needs \"from\" with the layers that it merges, such as \(examples(before: index))")
    }
    if names.count > 1, !isMerge {
      throw ShapeError(
        "reads one layer, not \(names.count); \"add\" or \"concat\" merges several into one")
    }
    if names.count < 2, isMerge {
      throw ShapeError("merges at least two layers, such as \(examples(before: index))")
    }
    guard names.count <= ConcatOp.maxInputs else {
      throw ShapeError("merges at most \(ConcatOp.maxInputs) layers, not \(names.count)")
    }
    var values: [Int] = []
    for name in names { values.append(try value(named: name, before: index)) }
    return values
  }

  /// The value of the layer called `name`, which must come before layer `index`.
  private func value(named name: String, before index: Int) throws(ShapeError) -> Int {
    if let match = names[..<index].firstIndex(of: name) { return match + 1 }
    if names[index...].contains(name) {
      let what = names[index] == name ? "is this layer itself" : "comes later"
      throw ShapeError("\"\(name)\" \(what); a layer reads earlier ones: \(readable(before: index))")
    }
    if name == "input" { return 0 }
    throw ShapeError(
      "no layer \"\(name)\"\(Spelling.hint(for: name, among: names[..<index] + ["input"])); "
        + readable(before: index))
  }

  /// The names that a layer can read, the nearest first.
  private func readable(before index: Int) -> String {
    let nearest = names[..<index].suffix(6).reversed().map { "\"\($0)\"" }
    return "it can read " + (nearest + ["\"input\""]).joined(separator: ", ") + (index > 6 ? ", …" : "")
  }

  private func examples(before index: Int) -> String {
    let nearest = (["input"] + names[..<index]).suffix(2).map { "\"\($0)\"" }
    return "[" + nearest.joined(separator: ", ") + "]"
  }

  // MARK: Outputs

  /// The checked outputs; none after a fault.
  mutating func outputs(_ specs: [OutputSpec]) -> [ModelOutput] {
    var outputs: [ModelOutput] = []
    var seen: [Int: Int] = [:]
    for (index, spec) in specs.enumerated() {
      func fault(_ key: String, _ message: String, _ name: String = "") -> ModelFault {
        ModelFault(subject: .output(index), name: name, key: key, message: message)
      }
      let name = spec.layer ?? names.last ?? "input"
      guard let layer = spec.layer == nil ? names.count - 1 : names.firstIndex(of: name) else {
        let list = names.suffix(6).reversed().map { "\"\($0)\"" }.joined(separator: ", ")
        faults.append(
          fault(
            "layer",
            "no layer \"\(name)\"\(Spelling.hint(for: name, among: names)); the last ones are \(list)"))
        continue
      }
      let value = layer + 1
      if seen[value] != nil {
        faults.append(fault("layer", "\"\(name)\" is an output already; merge the two losses into one", name))
        continue
      }
      seen[value] = index
      guard let shape = shapes[value] else { continue }
      if let labels = spec.labels {
        if let wrong = labels.first(where: { !(0..<shape.count).contains($0) }) {
          faults.append(
            fault(
              "labels",
              "label \(wrong), but \"\(name)\" has \(shape.count.pluralized("score")): labels from 0 to "
                + "\(shape.count - 1)",
              name))
          continue
        }
        let other = outputs.first.map { ($0.name, $0.labels?.count ?? $0.classes) }
        if let (main, classes) = other, classes != labels.count {
          faults.append(
            fault(
              "labels",
              "maps \(labels.count.pluralized("class")), but the output \"\(main)\" has \(classes); it needs "
                + "one label for each class", name))
          continue
        }
      } else if let main = outputs.first, (main.labels?.count ?? main.classes) != shape.count {
        let classes = main.labels?.count ?? main.classes
        faults.append(
          fault(
            "labels",
            "\"\(name)\" has \(shape.count.pluralized("score")) for \(classes.pluralized("class")); "
              + "\"labels\" maps each class to a label", name))
        continue
      }
      if let checked = layers.indices.contains(layer) ? layers[layer]?.layer : nil,
        checked.activation is Softmax, checked.activityRegularizer != nil, type(of: spec.loss).absorbsSoftmax
      {
        faults.append(
          fault(
            "loss",
            "this loss computes the softmax of \"\(name)\", whose activity is then not in memory to be regularized; "
              + "leave out activity_l1 and activity_l2, or the activation", name))
        continue
      }
      let last = layers.indices.contains(layer) ? layers[layer].map { $0.layer.activation ?? $0.layer } : nil
      outputs.append(
        ModelOutput(
          name: name, value: value, shape: shape, layerType: last.map { LayerType(of: $0) },
          loss: spec.loss, weight: spec.weight,
          labels: spec.labels))
    }
    if faults.isEmpty { checkUse(of: Set(seen.keys)) }
    return outputs
  }

  /// Reports layers that no output depends on through any reader.
  private mutating func checkUse(of outputs: Set<Int>) {
    for (index, name) in names.enumerated() where !isRead.contains(index + 1) && !outputs.contains(index + 1)
    {
      let reader = names.indices.contains(index + 1) ? "\"from\" of a later layer" : "a later layer"
      faults.append(
        ModelFault(
          subject: .layer(index), name: name, key: nil,
          message: "no layer reads \"\(name)\" and it is no output; name it in \(reader), list it in "
            + "model.outputs, or remove it", isUnread: true))
    }
  }

  // MARK: Sizes

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
}
