/// How a writer's digits differ from the glyph as a whole: slant, rotation, proportions, and a slight bend.
///
/// A polynomial of third degree, so that it is smooth and needs only additions and multiplications.
struct Warp {
  private let xByX: Float
  private let xByY: Float
  private let yByX: Float
  /// The bend of each coordinate: its terms xx, xy, yy and xxx, xxy, xyy, yyy.
  private let quadratic: (SIMD4<Float>, SIMD4<Float>)
  private let cubic: (SIMD4<Float>, SIMD4<Float>)

  init(random: inout DigitRandom) {
    let slant = 0.1 + random.normal(0.24)
    let rotation = random.normal(0.1)
    let width = random.normal(0.16)
    xByX = 0.85 * (width < 0 ? 1 / (1 - width) : 1 + width)
    xByY = -slant - rotation
    yByX = rotation + random.normal(0.05)
    func terms(_ deviation: Float) -> SIMD4<Float> {
      SIMD4(
        random.normal(deviation), random.normal(deviation), random.normal(deviation), random.normal(deviation))
    }
    quadratic = (terms(0.12), terms(0.12))
    cubic = (terms(0.15), terms(0.15))
  }

  /// Moves a point; the origin is the middle of the glyph's box of 1 x 1.
  func callAsFunction(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let (x, y) = (point.x, point.y)
    let second = SIMD4(x * x, x * y, y * y, 0)
    let third = SIMD4(x * x * x, x * x * y, x * y * y, y * y * y)
    let bend = SIMD2(
      (quadratic.0 * second + cubic.0 * third).sum(), (quadratic.1 * second + cubic.1 * third).sum())
    return SIMD2(xByX * x + xByY * y, y + yByX * x) + bend
  }
}

/// How wide the pen writes, in pixels, from the first to the last point.
struct PenPressure {
  /// Half the width in the mean.
  let base: Float
  private let slope: Float
  private let bow: Float

  init(box: Float, random: inout DigitRandom) {
    let deviation = random.normal(0.28)
    let width = deviation < 0 ? 1 / (1 - deviation) : 1 + deviation
    base = min(max(1.4 * width, 0.55), 2.6) * box / 20
    slope = random.normal(0.12)
    bow = random.normal(0.12)
  }

  /// Half the width at `progress` from 0 (first point) to 1 (last point).
  func radius(at progress: Float) -> Float {
    let t = 2 * progress - 1
    return base * (1 + slope * t + bow * (0.5 - t * t))
  }
}
