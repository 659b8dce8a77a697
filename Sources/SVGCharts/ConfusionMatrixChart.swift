import Formatting

/// A confusion matrix: a row per true label, a column per predicted label, the count in each cell.
///
/// The colour scale covers the errors only; the correct predictions on the diagonal would dwarf them.
public struct ConfusionMatrixChart: Sendable {
  private let title: String
  private let names: [String]
  private let counts: [[Int]]

  /// A chart of `counts[trueLabel][predictedLabel]`, with the `names` of the classes.
  public init(_ title: String, names: [String], counts: [[Int]]) {
    (self.title, self.names, self.counts) = (title, names, counts)
  }

  /// The highest count off the diagonal.
  private var maxErrors: Int {
    counts.indices.flatMap { row in counts[row].indices.filter { $0 != row }.map { counts[row][$0] } }.max()
      ?? 0
  }

  /// The colour of an error count: 0 for no errors, the last level for `maxErrors`.
  private func level(_ count: Int) -> Int {
    count == 0 ? 0 : max(1, (count * (Theme.levelCount - 1) + maxErrors - 1) / maxErrors)
  }

  /// The error counts of a level above 0; nil for a level that no integer falls into.
  private func errorCounts(ofLevel level: Int) -> ClosedRange<Int>? {
    let levels = Theme.levelCount - 1
    let (low, high) = ((level - 1) * maxErrors / levels + 1, level * maxErrors / levels)
    return low <= high ? low...high : nil
  }

  private static let size = Drawing.textSize

  /// The chart as an SVG image.
  public var drawing: Drawing {
    let widest = counts.joined().map { Drawing.width(of: "\($0)", size: Self.size) }.max() ?? 0
    let nameWidth = min(96, names.map { Drawing.width(of: $0, size: Self.size) }.max() ?? 0)
    // A few columns have room for their names.
    let cell = max(30, widest + 4, names.count <= 4 ? nameWidth + 6 : 0)
    let left = 16 + max(30, nameWidth), top = 74.0
    let side = cell * Double(names.count)
    let key = colorKey
    let keyWidth = key.reduce(0) { $0 + $1.width } + Self.keyTitleWidth
    let headingWidth = max(side, Drawing.width(of: Self.columnsTitle, size: Self.size))
    let titleWidth = Drawing.width(of: title, size: 14)
    let width = max(left + headingWidth + 10, 8 + keyWidth, 16 + titleWidth)
    var drawing = Drawing(title: title, width: width, height: top + side + 46)
    drawing.addText(title, x: 8, y: 17, size: 14, cssClass: "title")
    drawing.addText(Self.columnsTitle, x: left + headingWidth / 2, y: 42, anchor: .middle, cssClass: "muted")
    drawing.addText("true", x: 8, y: 49, cssClass: "muted")
    drawing.addText("label", x: 8, y: 64, cssClass: "muted")
    for (index, name) in names.enumerated() {
      let offset = (Double(index) + 0.5) * cell
      let short = Drawing.shortened(name, to: cell - 4, size: Self.size)
      drawing.addText(short, x: left + offset, y: 64, anchor: .middle, cssClass: "title", tooltip: name)
      let long = Drawing.shortened(name, to: nameWidth, size: Self.size)
      drawing.addText(
        long, x: left - 8, y: top + offset + 4, anchor: .end, cssClass: "title", tooltip: name)
    }
    for (row, cells) in counts.enumerated() {
      for (column, count) in cells.enumerated() {
        let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
        let cellClass = row == column ? "diagonal" : "level\(level(count))"
        let tooltip = "\(count.grouped) with true label \(names[row]) predicted as \(names[column])"
        drawing.addRectangle(
          x: x + 1, y: y + 1, width: cell - 2, height: cell - 2, cssClass: cellClass, tooltip: tooltip)
        drawing.addText(
          "\(count)", x: x + cell / 2, y: y + cell / 2 + 4.5, size: Self.size, anchor: .middle,
          cssClass: "on-\(cellClass)")
      }
    }
    drawColorKey(key, in: &drawing, y: top + side + 14)
    return drawing
  }

  private static let columnsTitle = "predicted label"
  private static let keyTitle = "errors"
  private static let keyTitleWidth = Drawing.width(of: keyTitle, size: size) + 10

  private var colorKey: [(cssClass: String, text: String, width: Double)] {
    (0..<Theme.levelCount).compactMap { level in
      guard let range = level == 0 ? 0...0 : errorCounts(ofLevel: level) else { return nil }
      let text = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
      return ("level\(level)", text, max(36, Drawing.width(of: text, size: Self.size) + 10))
    }
  }

  private func drawColorKey(
    _ key: [(cssClass: String, text: String, width: Double)], in drawing: inout Drawing, y: Double
  ) {
    drawing.addText(Self.keyTitle, x: 8, y: y + 16, cssClass: "muted")
    var x = 8 + Self.keyTitleWidth
    for (cssClass, text, width) in key {
      drawing.addRectangle(x: x + 1, y: y, width: width - 2, height: 24, cssClass: cssClass)
      drawing.addText(text, x: x + width / 2, y: y + 16, anchor: .middle, cssClass: "on-\(cssClass)")
      x += width
    }
  }
}
