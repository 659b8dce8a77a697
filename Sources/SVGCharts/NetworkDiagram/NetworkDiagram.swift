import Formatting

/// A network from top to bottom: boxes of layers, and arrows for what they read.
///
/// A layer that only goes on with the value above it, such as a ReLU behind a convolution, is a line in the same box. A
/// high network is cut into columns.
public struct NetworkDiagram: Sendable {
  /// The input, or a layer of a network.
  public struct Node: Sendable {
    /// The name, such as `conv1`.
    public let name: String
    /// What it computes, such as `conv2d`.
    public let type: String
    /// The shape of its output, such as `16x28x28`.
    public let shape: String
    /// The indices of the nodes it reads, all before its own.
    public let inputs: [Int]
    /// Whether it is an output of the network.
    public let isOutput: Bool
    /// Whether it has a box of its own; otherwise it joins the box of its input where it is the only reader.
    public let startsBox: Bool

    /// A node.
    public init(
      name: String, type: String, shape: String, inputs: [Int], isOutput: Bool = false, startsBox: Bool = true
    ) {
      (self.name, self.type, self.shape, self.inputs) = (name, type, shape, inputs)
      (self.isOutput, self.startsBox) = (isOutput, startsBox)
    }
  }

  private let title: String
  private let nodes: [Node]

  /// A diagram of `nodes`, of which the first is the input.
  public init(_ title: String = "Network", nodes: [Node]) {
    precondition(
      nodes.enumerated().allSatisfy { index, node in node.inputs.allSatisfy((0..<index).contains) })
    (self.title, self.nodes) = (title, nodes)
  }

  /// The title and what is in the diagram, for readers who do not see it.
  private var description: String {
    let outputs = nodes.filter(\.isOutput).map(\.name)
    let layers = max(0, nodes.count - 1).pluralized("layer")
    return "\(title): \(layers)"
      + (outputs.isEmpty ? "" : ", output\(outputs.count == 1 ? "" : "s") " + outputs.joined(separator: ", "))
  }

  /// The layout with the width of boxes that makes the diagram as low as it can be.
  private static func layout(of boxes: [NetworkBox], _ inputs: [[Int]]) -> NetworkLayout {
    var graph = LayeredGraph(inputs: inputs)
    graph.reduceCrossings()
    let layouts = NetworkBox.widths(for: boxes).map { width in
      NetworkLayout(graph, heights: boxes.map { $0.height(width: width) }, width: width)
    }
    return layouts.dropFirst().reduce(layouts[0]) { $1.height < $0.height ? $1 : $0 }
  }

  private static let (margin, top) = (8.0, 34.0)

  /// The diagram as an SVG image.
  public var drawing: Drawing {
    let (boxes, inputs) = NetworkBox.boxes(of: nodes)
    let layout = Self.layout(of: boxes, inputs)
    let imageWidth = max(layout.width, Drawing.width(of: title, size: 14)) + 2 * Self.margin
    let origin = (x: ((imageWidth - layout.width) / 2).rounded(), y: Self.top)
    var drawing = Drawing(
      title: description, width: imageWidth, height: Self.top + layout.height + Self.margin)
    drawing.addText(title, x: Self.margin, y: 17, size: 14, cssClass: "title")
    for path in layout.paths where !path.isEmpty {
      drawing.add(MarkupElement("path", ["class": "edge", "d": path.data(from: origin)]))
    }
    for arrow in layout.arrows {
      let (x, y) = (origin.x + arrow.x, origin.y + arrow.y)
      drawing.add(
        MarkupElement(
          "path",
          ["class": "arrow", "d": "M\(x.pixels) \(y.pixels)l-4 -7h8z"]))
    }
    for (box, corner) in zip(boxes, layout.corners) {
      box.draw(in: &drawing, x: origin.x + corner.x, y: origin.y + corner.y, width: layout.boxWidth)
    }
    return drawing
  }
}
