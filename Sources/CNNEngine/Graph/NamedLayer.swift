/// A layer with the name under which its tensors are saved, and the layers it reads.
public struct NamedLayer: Sendable {
  /// The name; nil lets the model call it by its type and number.
  public let name: String?
  /// The layers it reads, or `input` for the image; nil for the layer before it.
  public let inputs: [String]?
  /// The layer's configuration.
  public let layer: any Layer

  /// A layer called `name` that reads the layers called `inputs`.
  public init(_ layer: any Layer, name: String? = nil, from inputs: [String]? = nil) {
    (self.layer, self.name, self.inputs) = (layer, name, inputs)
  }

  /// The case of the layer's type.
  public var type: LayerType { LayerType(of: layer) }
}

extension Layer {
  /// The layer with a name: `Conv2D(filters: 6, kernel: 5).named("conv1")`.
  public func named(_ name: String) -> NamedLayer { NamedLayer(self, name: name) }

  /// The layer with the layers that it reads: `Add().reading("norm2", "shortcut")`.
  public func reading(_ inputs: String..., named name: String? = nil) -> NamedLayer {
    NamedLayer(self, name: name, from: inputs)
  }
}

extension [NamedLayer] {
  /// The name of each layer: its own, or its type and the number among those of its type (`relu1`).
  package var names: [String] {
    var counts: [LayerType: Int] = [:]
    return map { entry in
      counts[entry.type, default: 0] += 1
      return entry.name ?? "\(entry.type.rawValue)\(counts[entry.type, default: 1])"
    }
  }
}
