/// A layer with the name under which its tensors are saved.
public struct NamedLayer: Sendable {
  /// The name; nil lets the model call it by its type and number.
  public let name: String?
  /// The layer's configuration.
  public let layer: any Layer

  /// A layer called `name`.
  public init(_ layer: any Layer, name: String? = nil) { (self.layer, self.name) = (layer, name) }

  /// The case of the layer's type.
  public var type: LayerType { LayerType(of: layer) }
}

extension Layer {
  /// The layer with a name: `Conv2D(filters: 6, kernel: 5).named("conv1")`.
  public func named(_ name: String) -> NamedLayer { NamedLayer(self, name: name) }
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
