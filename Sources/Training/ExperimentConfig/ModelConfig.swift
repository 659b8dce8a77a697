import CNNEngine
import ConfigDecoding

/// The section `model` of a config: the input shape, the layers and the outputs, before shapes are checked.
struct ModelConfig: Sendable {
  /// The number of input channels.
  var channels: Int { input.channels }
  private let input: Shape
  private let layers: [Entry<NamedLayer>]
  private let outputs: [Entry<OutputEntry>]?

  /// One entry of a list with its location, and those of the keys that a fault can name.
  private struct Entry<Value: Sendable>: Sendable {
    let value: Value
    let path: String
    let location: ConfigLocation
    let locations: [String: ConfigLocation]

    init(_ value: Value, _ decoder: ConfigDecoder, keys: [String]) {
      (self.value, path, location) = (value, decoder.path, decoder.location)
      locations = Dictionary(uniqueKeysWithValues: keys.map { ($0, decoder.location(of: $0)) })
    }

    /// The issue of a fault of this entry, or of one of its keys.
    func issue(_ fault: ModelFault) -> ConfigIssue {
      let name = fault.name.isEmpty ? "" : " (\(fault.name))"
      return ConfigIssue(
        location: fault.key.flatMap { locations[$0] } ?? location,
        path: path + (fault.key.map { ".\($0)" } ?? name), message: fault.message)
    }
  }

  /// An output whose loss may be that of the whole config.
  private struct OutputEntry: Sendable {
    let layer: String
    let loss: (any Loss)?
    let weight: Double
    let labels: [Int]?
  }

  init(_ decoder: ConfigDecoder) {
    input = Shape(
      decoder.value(
        "input", .list(of: .integer(.within(1...65_536)), count: .within(3...3)), default: [1, 28, 28],
        "Shape of one image, [channels, height, width]."))
    layers = decoder.value("layers", .list(of: Self.layer, count: .within(1...1024)), "The layers in order.")
    outputs = decoder.optional(
      "outputs", .list(of: Self.output, count: .within(1...16)),
      "The layers whose outputs are scores, the main one first; by default the last layer.")
  }

  private static let layer = ConfigField<Entry<NamedLayer>>.variant(
    (LayerType.allCases.map { ($0.rawValue, $0) } + [("linear", .dense)]).map { name, type in
      Variant(name, "Kind of layer.") { decoder in
        let name = decoder.optional("name", .identifier, "Name of the layer and its weights.")
        let inputs = decoder.optional(
          "from", .oneOrMore(of: .identifier, count: .within(1...64)),
          "The earlier layers that it reads, or \"input\"; by default the layer before it.")
        let layer = NamedLayer(type.layer.init(decoding: decoder), name: name, from: inputs)
        return Entry(layer, decoder, keys: ["name", "from", "activation"])
      }
    }, allowsName: true)

  private static let output = ConfigField<Entry<OutputEntry>>.object { decoder in
    let output = OutputEntry(
      layer: decoder.value("layer", .identifier, "The layer whose outputs are scores."),
      loss: decoder.optional("loss", LossType.field, "Its loss; by default the config's \"loss\"."),
      weight: decoder.value(
        "weight", .number(.within(0...1e6)), default: 1, "Factor of its loss in the sum of all losses."),
      labels: decoder.optional(
        "labels", .list(of: .integer(.within(0...65_535)), count: .within(1...65_536)),
        "The output's label for each class of the data; by default the class itself."))
    return Entry(output, decoder, keys: ["layer", "loss", "labels"])
  }

  /// The model; nil after reporting everything whose names or shapes do not match.
  ///
  /// - Parameter loss: the loss of outputs without one of their own.
  func checked(_ engine: EngineConfig, loss: any Loss, issues: IssueList) -> Model? {
    let named = layers.map(\.value)
    var seen: Set<String> = []
    for (entry, name) in zip(layers, named.names) where !seen.insert(name).inserted {
      issues.report(
        ConfigIssue(location: entry.location, path: "\(entry.path).name", message: "\"\(name)\" is taken"))
    }
    let readable = Array(named.prefix(readableCount(issues)))
    // Without all layers there is no telling which outputs are wrong.
    let isComplete = readable.count == named.count && !issues.concern("model.outputs")
    let specs = isComplete ? outputs?.map { Self.spec($0.value, loss) } : nil
    do {
      let model = try Model(
        input: input, layers: readable, outputs: specs ?? [OutputSpec(loss: loss)],
        usesWinograd: engine.usesWinograd)
      return isComplete ? model : nil
    } catch {
      for fault in error.faults {
        switch fault.subject {
        case .layer(let index) where isComplete || !fault.isUnread: issues.report(layers[index].issue(fault))
        case .output(let index): if let entry = outputs?[index] { issues.report(entry.issue(fault)) }
        case .layer: break
        }
      }
      return nil
    }
  }

  private static func spec(_ output: OutputEntry, _ loss: any Loss) -> OutputSpec {
    OutputSpec(
      layer: output.layer, loss: output.loss ?? loss, weight: output.weight, labels: output.labels)
  }

  /// The number of layers that can be checked: those before the first one with an issue.
  private func readableCount(_ issues: IssueList) -> Int {
    if issues.concern("model.input") { return 0 }
    return layers.firstIndex { $0.path.isEmpty || issues.concern($0.path) } ?? layers.count
  }
}
