/// The symbol that marks the points of a series; its shape and colour depend on the series' style.
package struct Marker {
  /// The number of the style.
  let style: Int

  /// The marker of a style.
  package init(style: Int) { self.style = style }

  /// One less than the number of colours, so that series of the same colour have different shapes.
  private static let shapeCount = 7

  /// The marker as an SVG element centred at `point`.
  package func element(at point: (x: Double, y: Double)) -> MarkupElement {
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
      return MarkupElement("circle", ["class": fill, "cx": x.pixels, "cy": y.pixels, "r": "3.2"])
    }
    let corners = outline.map { "\((x + $0).pixels),\((y + $1).pixels)" }
    return MarkupElement("polygon", ["class": fill, "points": corners.joined(separator: " ")])
  }
}
