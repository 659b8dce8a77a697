/// How a writer's digits differ from the glyph as a whole: slant, rotation, proportions, and a slight bend.
///
/// A polynomial of third degree, so that it is smooth and needs only additions and multiplications.
struct Warp {
  private let xByX: Float
  private let xByY: Float
  private let yByX: Float
  /// The bend of x and of y: the factors of xx, xy, yy, xxx, xxy, xyy, yyy, and an unused one.
  private let bendOfX: SIMD8<Float>
  private let bendOfY: SIMD8<Float>

  init(random: inout DigitRandom) {
    let slant = 0.1 + random.normal(0.24)
    let rotation = random.normal(0.1)
    xByX = 0.85 * random.factor(0.22)
    xByY = -slant - rotation
    yByX = rotation + random.normal(0.05)
    bendOfX = Self.bend(&random)
    bendOfY = Self.bend(&random)
  }

  private static func bend(_ random: inout DigitRandom) -> SIMD8<Float> {
    var factors = SIMD8<Float>()
    for i in 0..<7 { factors[i] = random.normal(i < 3 ? 0.2 : 0.15) }
    return factors
  }

  /// Moves a point; the origin is the middle of the glyph's box of 1 x 1.
  func callAsFunction(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let (x, y) = (point.x, point.y)
    let (xx, xy, yy) = (x * x, x * y, y * y)
    let terms = SIMD8(xx, xy, yy, xx * x, xx * y, yy * x, yy * y, 0)
    return SIMD2(
      xByX * x + xByY * y + (bendOfX * terms).sum(),
      yByX * x + y + (bendOfY * terms).sum())
  }
}
