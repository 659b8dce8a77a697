import Formatting

/// A confusion matrix: counts in cells, a row per label and a column per guess.
///
/// The colours are those of the errors alone, so that they stand out beside a strong diagonal.
public struct Matrix: Sendable {
  private let title: String
  private let names: [String]
  private let counts: [[Int]]

  /// A square matrix of `counts`, one name for each row and column.
  public init(_ title: String, names: [String], counts: [[Int]]) {
    (self.title, self.names, self.counts) = (title, names, counts)
  }

  /// The most errors in a cell.
  private var mostErrors: Int {
    counts.enumerated().flatMap { row, cells in cells.enumerated().filter { $0.offset != row }.map(\.element)
    }
    .max() ?? 0
  }

  /// The shade of an error: 0 for none, the last for the most.
  private func level(_ count: Int) -> Int {
    count == 0 ? 0 : max(1, (count * (Theme.levelCount - 1) + mostErrors - 1) / mostErrors)
  }

  /// The counts of a shade; nil where there is none between those of its neighbours.
  private func counts(ofLevel level: Int) -> ClosedRange<Int>? {
    let shades = Theme.levelCount - 1
    let (low, high) = ((level - 1) * mostErrors / shades + 1, level * mostErrors / shades)
    return low <= high ? low...high : nil
  }

  private static let size = Drawing.textSize

  /// The matrix drawn.
  public var drawing: Drawing {
    let widest = counts.joined().map { Drawing.width(of: "\($0)", size: Self.size) }.max() ?? 0
    let cell = max(30, widest + 4)
    let nameWidth = min(96, names.map { Drawing.width(of: $0, size: Self.size) }.max() ?? 0)
    let left = 16 + max(30, nameWidth), top = 74.0
    let side = cell * Double(names.count)
    let key = legend
    let keyWidth = key.reduce(0) { $0 + $1.width } + Self.keyTitleWidth
    let titleWidth = Drawing.width(of: title, size: 14)
    let width = max(left + side + 10, 8 + keyWidth, 16 + titleWidth)
    var drawing = Drawing(title: title, width: width, height: top + side + 46)
    drawing.write(title, x: 8, y: 17, size: 14, style: "title")
    drawing.write("guess", x: left + side / 2, y: 42, anchor: .middle, style: "muted")
    drawing.write("label", x: 8, y: 64, style: "muted")
    for (index, name) in names.enumerated() {
      let offset = (Double(index) + 0.5) * cell
      let short = Drawing.shortened(name, to: cell - 4, size: Self.size)
      drawing.write(short, x: left + offset, y: 64, anchor: .middle, style: "title", whole: name)
      let long = Drawing.shortened(name, to: nameWidth, size: Self.size)
      drawing.write(
        long, x: left - 8, y: top + offset + 4, anchor: .end, style: "title", whole: name)
    }
    for (row, cells) in counts.enumerated() {
      for (column, count) in cells.enumerated() {
        let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
        let style = row == column ? "diagonal" : "level\(level(count))"
        let tip = "\(count.grouped) of label \(names[row]) read as \(names[column])"
        drawing.rectangle(x: x + 1, y: y + 1, width: cell - 2, height: cell - 2, style: style, tip: tip)
        drawing.write(
          "\(count)", x: x + cell / 2, y: y + cell / 2 + 4.5, size: Self.size, anchor: .middle,
          style: "on-\(style)")
      }
    }
    drawKey(key, in: &drawing, y: top + side + 14)
    return drawing
  }

  private static let keyTitle = "errors"
  private static let keyTitleWidth = Drawing.width(of: keyTitle, size: size) + 10

  private var legend: [(style: String, text: String, width: Double)] {
    (0..<Theme.levelCount).compactMap { level in
      guard let range = level == 0 ? 0...0 : counts(ofLevel: level) else { return nil }
      let text = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
      return ("level\(level)", text, max(36, Drawing.width(of: text, size: Self.size) + 10))
    }
  }

  private func drawKey(
    _ key: [(style: String, text: String, width: Double)], in drawing: inout Drawing, y: Double
  ) {
    drawing.write(Self.keyTitle, x: 8, y: y + 16, style: "muted")
    var x = 8 + Self.keyTitleWidth
    for (style, text, width) in key {
      drawing.rectangle(x: x + 1, y: y, width: width - 2, height: 24, style: style)
      drawing.write(text, x: x + width / 2, y: y + 16, anchor: .middle, style: "on-\(style)")
      x += width
    }
  }
}
