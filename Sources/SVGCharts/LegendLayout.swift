/// A legend, wrapped into as many rows as it needs.
struct LegendLayout {
  /// One entry.
  struct Entry {
    /// The name of the series.
    let text: String
    /// The style of the series; nil for the ring around the best point.
    let style: Int?
    /// Whether the line is dashed.
    let isDashed: Bool
  }

  private let placed: [(entry: Entry, text: String, x: Double, row: Int)]
  /// The height in pixels.
  let height: Double

  private static let (swatch, gap, rowHeight) = (34.0, 16.0, 20.0)

  /// Places `entries` from left to right, in rows of `width` pixels.
  init(_ entries: [Entry], width: Double) {
    var placed: [(Entry, String, Double, Int)] = []
    var (x, row) = (0.0, 0)
    for entry in entries {
      let text = Drawing.shortened(entry.text, to: width - Self.swatch, size: Drawing.textSize)
      let needed = Self.swatch + Drawing.width(of: text, size: Drawing.textSize)
      if x > 0, x + needed > width { (x, row) = (0, row + 1) }
      placed.append((entry, text, x, row))
      x += needed + Self.gap
    }
    self.placed = placed
    height = placed.isEmpty ? 0 : Double(row + 1) * Self.rowHeight
  }

  /// Draws the legend with its top left corner at (`left`, `top`).
  func draw(in drawing: inout Drawing, x left: Double, y top: Double) {
    for (entry, text, x, row) in placed {
      let middle = top + (Double(row) + 0.5) * Self.rowHeight
      if let style = entry.style {
        let dashed = entry.isDashed ? " dashed" : ""
        drawing.addLine(
          left + x, middle, left + x + 28, middle,
          cssClass: "line stroke\(style % Theme.seriesCount)\(dashed)")
        drawing.add(Marker(style: style).element(at: (left + x + 14, middle)))
      } else {
        drawing.add(
          MarkupElement(
            "circle",
            ["class": "ring axis", "cx": (left + x + 14).pixels, "cy": middle.pixels, "r": "7"]))
      }
      drawing.addText(text, x: left + x + Self.swatch, y: middle + 4, tooltip: entry.text)
    }
  }
}
