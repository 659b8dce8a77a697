/// What sits on a curve: another shape for every style.
package struct Marker {
  let style: Int

  package init(style: Int) { self.style = style }

  /// As many shapes as colours, less one: a colour that comes again has another shape.
  private static let shapeCount = 7

  package func element(at point: (x: Double, y: Double)) -> Element {
    let (x, y) = point
    let outline: [(Double, Double)] =
      switch style % Self.shapeCount {
      case 1: [(-3, -3), (3, -3), (3, 3), (-3, 3)]
      case 2: [(0, -4.4), (4.2, 3.2), (-4.2, 3.2)]
      case 3: [(0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)]
      case 4: [(0, 4.4), (4.2, -3.2), (-4.2, -3.2)]
      case 5: [(-4, -1.4), (4, -1.4), (4, 1.4), (-4, 1.4)]
      case 6: [(-1.4, -4.5), (1.4, -4.5), (1.4, 4.5), (-1.4, 4.5)]
      default: []
      }
    let fill = "fill\(style % Theme.seriesCount)"
    if outline.isEmpty {
      return Element("circle", ["class": fill, "cx": x.pixels, "cy": y.pixels, "r": "3.2"])
    }
    let corners = outline.map { "\((x + $0).pixels),\((y + $1).pixels)" }
    return Element("polygon", ["class": fill, "points": corners.joined(separator: " ")])
  }
}

/// The names of curves, in as many rows as they need.
struct LegendLayout {
  struct Entry {
    let text: String
    /// nil for the ring.
    let style: Int?
    let isDashed: Bool
  }

  private let placed: [(entry: Entry, text: String, x: Double, row: Int)]
  /// Pixels from top to bottom.
  let height: Double

  private static let (swatch, gap, rowHeight) = (34.0, 16.0, 20.0)

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

  func draw(in drawing: inout Drawing, x left: Double, y top: Double) {
    for (entry, text, x, row) in placed {
      let middle = top + (Double(row) + 0.5) * Self.rowHeight
      if let style = entry.style {
        let dashed = entry.isDashed ? " dashed" : ""
        drawing.line(
          left + x, middle, left + x + 28, middle, style: "line stroke\(style % Theme.seriesCount)\(dashed)")
        drawing.add(Marker(style: style).element(at: (left + x + 14, middle)))
      } else {
        drawing.add(
          Element(
            "circle",
            ["class": "ring axis", "cx": (left + x + 14).pixels, "cy": middle.pixels, "r": "7"]))
      }
      drawing.write(text, x: left + x + Self.swatch, y: middle + 4, whole: entry.text)
    }
  }
}
