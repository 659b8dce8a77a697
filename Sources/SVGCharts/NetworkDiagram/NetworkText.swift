/// The text of a node in a network diagram: a line with name, type and shape, or two where they do not fit.
struct NetworkText {
  /// The whole text, with the names of the nodes that are read.
  let description: String
  private var name = ""
  /// Empty where the name says it.
  private var type = ""
  /// Empty where it is that of the node above.
  private var shape = ""
  /// Whether the name is bold: it is the first in its box.
  private var isFirst = false

  /// The text of `node` below that of `last` in the same box.
  init(
    _ node: NetworkDiagram.Node, reading sources: [NetworkDiagram.Node], below last: NetworkDiagram.Node?
  ) {
    let origin = sources.isEmpty ? "" : ", from " + sources.map(\.name).joined(separator: ", ")
    description = "\(node.name): \(node.type), \(node.shape)\(origin)"
    name = node.name
    type = node.type.isNamed(in: node.name) ? "" : node.type
    shape = node.shape == last?.shape ? "" : node.shape
    isFirst = last == nil
  }

  /// A remark below the nodes.
  init(note: String) { (description, type) = (note, note) }

  // MARK: Size

  /// The distance between two of the texts.
  private static let gap = 8.0

  /// Bold text is as wide as text of this size.
  private var nameSize: Double { Drawing.textSize * (isFirst ? 1.1 : 1) }

  private var widths: [Double] {
    [Drawing.width(of: name, size: nameSize)]
      + [type, shape].map { Drawing.width(of: $0, size: Drawing.smallText) }
  }

  /// The width of the text in one line.
  var width: Double {
    let widths = widths.filter { $0 > 0 }
    return widths.reduce(0, +) + Double(max(0, widths.count - 1)) * Self.gap
  }

  /// The text in one or two lines of at most `width`.
  func lines(width: Double) -> [NetworkText] {
    if self.width <= width { return [self] }
    var (first, second) = (self, self)
    (first.type, first.shape, second.name) = ("", "", "")
    first.name = Drawing.shortened(name, to: width, size: nameSize)
    if second.width > width {
      let half = (width - Self.gap) / 2
      second.type = Drawing.shortened(
        type, to: max(half, width - Self.gap - widths[2]), size: Drawing.smallText)
      let rest = second.type.isEmpty ? width : width - Self.gap - second.widths[1]
      second.shape = Drawing.shortened(shape, to: rest, size: Drawing.smallText)
    }
    return second.width > 0 ? [first, second] : [first]
  }

  // MARK: Drawing

  /// Draws a line between two edges, with its baseline at `y`.
  func draw(in drawing: inout Drawing, x: ClosedRange<Double>, y: Double) {
    var typeX = x.lowerBound
    if !name.isEmpty {
      drawing.addText(name, x: x.lowerBound, y: y, cssClass: isFirst ? "title" : "", tooltip: description)
      typeX += widths[0] + Self.gap
    }
    if !type.isEmpty {
      drawing.addText(type, x: typeX, y: y, size: Drawing.smallText, cssClass: "muted", tooltip: description)
    }
    if !shape.isEmpty {
      drawing.addText(
        shape, x: x.upperBound, y: y, size: Drawing.smallText, anchor: .end, cssClass: "muted",
        tooltip: description)
    }
  }
}

extension String {
  /// Whether all words of the type occur among those of `name`: `max_pool2d` in `max_pool1`, `conv2d` in `block1.conv`.
  fileprivate func isNamed(in name: String) -> Bool {
    func words(_ text: String) -> [Substring] { text.lowercased().split { !$0.isLetter } }
    let type = hasSuffix("2d") ? String(dropLast(2)) : self
    let known = words(name)
    return words(type).allSatisfy(known.contains)
  }
}
