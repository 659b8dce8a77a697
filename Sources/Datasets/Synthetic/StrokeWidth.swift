/// The width of the strokes of a digit, in pixels: a quadratic function of the position along them.
struct StrokeWidth {
  /// The mean radius, half the width.
  let base: Float
  private let slope: Float
  private let bow: Float

  /// A random width for digits of `box` pixels.
  init(box: Float, random: inout RandomStream) {
    base = min(max(1.3 * random.factor(0.36), 0.55), 2.8) * box / 20
    slope = random.normal(0.12)
    bow = random.normal(0.12)
  }

  /// The radius at `progress`, from 0 (first point) to 1 (last point).
  func radius(at progress: Float) -> Float {
    let t = 2 * progress - 1
    return base * (1 + slope * t + bow * (0.5 - t * t))
  }
}
