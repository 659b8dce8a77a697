import CNNEngine
import ConfigDecoding

/// The section `model` of a config: the input shape and the layers, before shapes are checked.
struct ModelConfig: Sendable {
  /// The number of input channels.
  var channels: Int { input.channels }
  private let input: Shape
  private let layers: [Entry]

  /// One entry of `model.layers` with its location.
  private struct Entry: Sendable {
    let layer: NamedLayer
    let location: ConfigLocation
    let path: String
  }

  init(_ decoder: ConfigDecoder) {
    input = Shape(
      decoder.value(
        "input", .list(of: .integer(.within(1...65_536)), count: .within(3...3)), default: [1, 28, 28],
        "Shape of one image, [channels, height, width]."))
    let entry = ConfigField<Entry>.variant(
      LayerType.allCases.map { type in
        Variant(type.rawValue, "Kind of layer.") { decoder in
          let name = decoder.optional("name", .identifier, "Name of the layer and its weights.")
          let layer = NamedLayer(type.layer.init(decoding: decoder), name: name)
          return Entry(layer: layer, location: decoder.location, path: decoder.path)
        }
      }, allowsName: true)
    layers = decoder.value("layers", .list(of: entry, count: .within(1...256)), "The layers in order.")
  }

  /// The model; nil after reporting every layer whose shapes do not match.
  func checked(_ engine: EngineConfig, issues: IssueList) -> Model? {
    let named = layers.map(\.layer)
    var seen: Set<String> = []
    for (entry, name) in zip(layers, named.names) where !seen.insert(name).inserted {
      issues.report(
        ConfigIssue(location: entry.location, path: "\(entry.path).name", message: "\"\(name)\" is taken"))
    }
    do {
      let readable = Array(named.prefix(readableCount(issues)))
      let model = try Model(input: input, layers: readable, usesWinograd: engine.usesWinograd)
      return readable.count == named.count ? model : nil
    } catch {
      for fault in error.faults {
        let entry = layers[fault.index]
        issues.report(
          ConfigIssue(location: entry.location, path: "\(entry.path) (\(fault.name))", message: fault.message)
        )
      }
      return nil
    }
  }

  /// The number of layers that can be checked: those before the first one with an issue.
  private func readableCount(_ issues: IssueList) -> Int {
    if issues.concern("model.input") { return 0 }
    return layers.firstIndex { $0.path.isEmpty || issues.concern($0.path) } ?? layers.count
  }
}
