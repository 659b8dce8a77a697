/// A random deformation of a whole glyph: slant, rotation, aspect ratio and bending.
///
/// A cubic polynomial: smooth, and computed by additions and multiplications alone, with the same bits everywhere.
struct GlyphDeformation {
  private let xByX: Float
  private let xByY: Float
  private let yByX: Float
  /// The coefficients of xx, xy, yy, xxx, xxy, xyy and yyy for x and for y; the last lane is unused.
  private let bendOfX: SIMD8<Float>
  private let bendOfY: SIMD8<Float>

  init(random: inout RandomStream) {
    let slant = 0.1 + random.normal(0.24)
    let rotation = random.normal(0.1)
    xByX = 0.85 * random.factor(0.22)
    xByY = -slant - rotation
    yByX = rotation + random.normal(0.05)
    bendOfX = Self.bend(&random)
    bendOfY = Self.bend(&random)
  }

  private static func bend(_ random: inout RandomStream) -> SIMD8<Float> {
    var factors = SIMD8<Float>()
    for i in 0..<7 { factors[i] = random.normal(i < 3 ? 0.2 : 0.15) }
    return factors
  }

  /// The deformed position of a point; the origin is the centre of the glyph's box of 1 x 1.
  func callAsFunction(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let (x, y) = (point.x, point.y)
    let (xx, xy, yy) = (x * x, x * y, y * y)
    let terms = SIMD8(xx, xy, yy, xx * x, xx * y, yy * x, yy * y, 0)
    return SIMD2(
      xByX * x + xByY * y + (bendOfX * terms).sum(),
      yByX * x + y + (bendOfY * terms).sum())
  }
}
