/// A box of a network diagram: a node, and those that only go on with its value.
struct NetworkBox {
  /// The texts of the nodes, of which each but the first reads the one before it.
  private var texts: [NetworkText]
  /// The number of values that the first node reads.
  private let inputCount: Int
  /// Whether the last node is an output of the network.
  private var isOutput: Bool

  private init(_ text: NetworkText, _ node: NetworkDiagram.Node) {
    (texts, inputCount, isOutput) = ([text], node.inputs.count, node.isOutput)
  }

  /// The boxes of a network, in the order of their first nodes, and the boxes that each of them reads.
  static func boxes(of nodes: [NetworkDiagram.Node]) -> (boxes: [NetworkBox], inputs: [[Int]]) {
    var readerCounts = [Int](repeating: 0, count: nodes.count)
    for input in nodes.flatMap(\.inputs) { readerCounts[input] += 1 }
    var (boxes, inputs): ([NetworkBox], [[Int]]) = ([], [])
    var boxOf: [Int] = []
    for node in nodes {
      let sources = node.inputs.map { nodes[$0] }
      if !node.startsBox, sources.count == 1, readerCounts[node.inputs[0]] == 1, !sources[0].isOutput,
        !sources[0].inputs.isEmpty
      {
        let box = boxOf[node.inputs[0]]
        boxes[box].texts.append(NetworkText(node, reading: sources, below: sources[0]))
        boxes[box].isOutput = node.isOutput
        boxOf.append(box)
      } else {
        inputs.append(node.inputs.map { boxOf[$0] })
        boxOf.append(boxes.count)
        boxes.append(NetworkBox(NetworkText(node, reading: sources, below: nil), node))
      }
    }
    return (boxes, inputs)
  }

  // MARK: Size

  private static let (padding, lineHeight) = (9.0, 17.0)
  /// The widths that the boxes of a diagram may have: as wide as the text, or narrower with more lines.
  static func widths(for boxes: [NetworkBox]) -> [Double] {
    let widest = (boxes.flatMap(\.texts).map(\.width).max() ?? 0) + 2 * padding
    let natural = min(max((widest / 2).rounded(.up) * 2, 96), 244)
    return [natural] + stride(from: natural - 6, through: 184, by: -6)
  }

  /// The lines of the box where it has that width.
  private func lines(width: Double) -> [NetworkText] {
    let output = isOutput ? [NetworkText(note: "output")] : []
    return texts.flatMap { $0.lines(width: width - 2 * Self.padding) } + output
  }

  /// The height of the box where it has that width.
  func height(width: Double) -> Double { Double(lines(width: width).count) * Self.lineHeight + 10 }

  // MARK: Drawing

  private var cssClass: String {
    if isOutput { return "ring diagonal stroke0" }
    return inputCount == 0 ? "axis diagonal" : inputCount == 1 ? "axis level0" : "axis level1"
  }

  /// Draws the box with its top left corner at (`x`, `y`).
  func draw(in drawing: inout Drawing, x: Double, y: Double, width: Double) {
    drawing.addRectangle(
      x: x, y: y, width: width, height: height(width: width), radius: 5, cssClass: cssClass,
      tooltip: texts.map(\.description).joined(separator: "\n"))
    let edges = x + Self.padding...x + width - Self.padding
    for (index, line) in lines(width: width).enumerated() {
      line.draw(in: &drawing, x: edges, y: y + Double(index + 1) * Self.lineHeight)
    }
  }
}
