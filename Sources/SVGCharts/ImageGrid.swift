/// A grid of small images, each with a caption.
public struct ImageGrid: Sendable {
  /// One image.
  public struct Item: Sendable {
    /// A PNG file.
    public let png: [UInt8]
    /// The lines of the caption.
    public let caption: [String]
    /// The tooltip and accessible name.
    public let description: String

    /// An image with its caption.
    public init(png: [UInt8], caption: [String] = [], description: String) {
      (self.png, self.caption, self.description) = (png, caption, description)
    }
  }

  private let title: String
  private let items: [Item]
  private let columns: Int
  private let side: Double
  private let aspect: Double

  /// A grid with at most `columns` images in a row.
  ///
  /// - Parameters:
  ///   - side: the width of an image in pixels.
  ///   - aspect: height divided by width.
  public init(_ title: String, _ items: [Item], columns: Int, side: Double, aspect: Double = 1) {
    (self.title, self.items, self.columns) = (title, items, columns)
    (self.side, self.aspect) = (side, aspect)
  }

  private static let (gap, margin, lineHeight) = (6.0, 8.0, 15.0)

  /// The grid as an SVG image.
  public var drawing: Drawing {
    let lines = items.map(\.caption.count).max() ?? 0
    let widest = items.flatMap(\.caption).map { Drawing.width(of: $0, size: Drawing.smallText) }.max() ?? 0
    let cell = max(side, min(widest, 110))
    let rowHeight = side * aspect + Self.gap + Double(lines) * Self.lineHeight + (lines > 0 ? 6 : 0)
    let columns = max(1, min(columns, items.count))
    let rows = (items.count + columns - 1) / columns
    let imagesWidth = Double(columns) * (cell + Self.gap) - Self.gap
    let width = max(imagesWidth, Drawing.width(of: title, size: 14)) + 2 * Self.margin
    var drawing = Drawing(title: title, width: width, height: 30 + Double(rows) * rowHeight + Self.margin)
    drawing.addText(title, x: Self.margin, y: 17, size: 14, cssClass: "title")
    for (index, item) in items.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let x = Self.margin + Double(column) * (cell + Self.gap), top = 30 + Double(row) * rowHeight
      drawing.addImage(
        png: item.png, x: x + (cell - side) / 2, y: top, width: side, height: side * aspect,
        description: item.description)
      for (line, text) in item.caption.enumerated() {
        drawing.addText(
          Drawing.shortened(text, to: cell, size: Drawing.smallText), x: x + cell / 2,
          y: top + side * aspect + Double(line + 1) * Self.lineHeight, size: Drawing.smallText,
          anchor: .middle, cssClass: line == 0 ? "title" : "muted", tooltip: text)
      }
    }
    return drawing
  }
}
