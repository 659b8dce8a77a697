/// A control point of a stroke, in a box of about 1 x 1: x to the right, y downwards.
package struct ControlPoint {
  /// The point.
  package var position: SIMD2<Float>
  /// The smoothness of the curve at the point: 1 for a smooth curve, 0 for a corner.
  package var smoothness: Float
}

/// A stroke: the control points between pen down and pen up.
package typealias Stroke = [ControlPoint]

/// One way to write a digit: shapes with corresponding strokes and control points, which can be interpolated.
package struct Glyph {
  /// The relative frequency among the glyphs of the digit.
  package let weight: Float
  /// The shapes; corresponding strokes have the same number of control points.
  package private(set) var shapes: [[Stroke]]

  /// Parses a text of the glyph table.
  static func glyphs(in text: String) -> [Glyph] {
    var glyphs: [Glyph] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("weight ") {
        glyphs.append(Glyph(weight: Float(line.dropFirst(7)) ?? 0, shapes: []))
      } else if !glyphs.isEmpty {
        glyphs[glyphs.count - 1].shapes.append(line.split(separator: "/").map(stroke(in:)))
      }
    }
    return glyphs
  }

  private static func stroke(in text: Substring) -> Stroke {
    text.split(separator: " ").map { point in
      let isCorner = point.hasSuffix("!")
      let position = point.dropLast(isCorner ? 1 : 0).split(separator: ",").map { Float($0) ?? .nan }
      return ControlPoint(position: SIMD2(position[0], position[1]) / 100, smoothness: isCorner ? 0 : 1)
    }
  }

  /// The glyph at `fraction` (0 ..< 1) of the cumulative weights.
  static func select(from glyphs: [Glyph], at fraction: Float) -> Glyph {
    var rest = fraction * glyphs.reduce(0) { $0 + $1.weight }
    for glyph in glyphs.dropLast() {
      rest -= glyph.weight
      if rest < 0 { return glyph }
    }
    return glyphs[glyphs.count - 1]
  }
}
