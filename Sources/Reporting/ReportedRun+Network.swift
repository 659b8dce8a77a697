import CNNEngine
import SVGCharts
import Training

extension ReportedRun {
  /// The network from the image to its outputs.
  public var networkDiagram: Figure {
    let model = config.model
    let outputs = Set(model.outputs.map(\.name))
    let image = NetworkDiagram.Node(name: "input", type: "", shape: "\(model.input)", inputs: [])
    let layers = model.layers.map { layer in
      NetworkDiagram.Node(
        name: layer.name, type: layer.type, shape: "\(layer.output)", inputs: layer.inputs,
        isOutput: outputs.contains(layer.name), startsBox: layer.startsBox)
    }
    return Figure(name: "network", drawing: NetworkDiagram(nodes: [image] + layers).drawing)
  }
}

extension ModelLayer {
  /// Whether a diagram has a box for it: norms, activations and pools are lines in the box above them.
  fileprivate var startsBox: Bool { inputs.count > 1 || !parameters.isEmpty && state.isEmpty }
}
