/// A point the pen passes through, in a box about 1 high: x to the right, y downwards.
struct Knot {
  /// Where the pen passes.
  var position: SIMD2<Float>
  /// 1 where the pen passes smoothly, 0 where it turns sharply.
  var smoothness: Float
}

/// What the pen draws without being lifted.
typealias Stroke = [Knot]

/// One way to write a digit: shapes of the same strokes and knots, between which a writer may lie.
struct Glyph {
  /// How often this glyph is written, relative to the digit's others.
  let weight: Float
  /// The shapes; corresponding strokes have equally many knots.
  let shapes: [[Stroke]]

  init(weight: Float, _ shapes: [[Stroke]]) {
    self.weight = weight
    self.shapes = shapes
  }
}

/// A knot the pen passes smoothly.
func at(_ x: Float, _ y: Float) -> Knot {
  Knot(position: SIMD2(x, y), smoothness: 1)
}

/// A knot where the pen turns sharply.
func corner(_ x: Float, _ y: Float) -> Knot {
  Knot(position: SIMD2(x, y), smoothness: 0)
}
