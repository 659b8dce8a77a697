/// A point the pen passes through, in a box about 1 high: x to the right, y downwards.
package struct Knot {
  /// Where the pen passes.
  package var position: SIMD2<Float>
  /// 1 where the pen passes smoothly, 0 where it turns sharply.
  package var smoothness: Float
}

/// What the pen draws without being lifted.
package typealias Stroke = [Knot]

/// One way to write a digit: shapes of the same strokes and knots, between which a writer may lie.
package struct Glyph {
  /// How often this glyph is written, relative to the digit's others.
  package let weight: Float
  /// The shapes; corresponding strokes have equally many knots.
  package private(set) var shapes: [[Stroke]]

  /// The glyphs written in a text of the table.
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
    text.split(separator: " ").map { knot in
      let isCorner = knot.hasSuffix("!")
      let place = knot.dropLast(isCorner ? 1 : 0).split(separator: ",").map { Float($0) ?? .nan }
      return Knot(position: SIMD2(place[0], place[1]) / 100, smoothness: isCorner ? 0 : 1)
    }
  }

  /// The glyph at `fraction` (0 ..< 1) of the weights.
  static func pick(from glyphs: [Glyph], at fraction: Float) -> Glyph {
    var rest = fraction * glyphs.reduce(0) { $0 + $1.weight }
    for glyph in glyphs.dropLast() {
      rest -= glyph.weight
      if rest < 0 { return glyph }
    }
    return glyphs[glyphs.count - 1]
  }
}
