/// How wide the pen writes, in pixels, from the first to the last point.
struct PenPressure {
  /// Half the width in the mean.
  let base: Float
  private let slope: Float
  private let bow: Float

  /// A pen for digits `box` pixels high.
  init(box: Float, random: inout DigitRandom) {
    base = min(max(1.3 * random.factor(0.36), 0.55), 2.8) * box / 20
    slope = random.normal(0.12)
    bow = random.normal(0.12)
  }

  /// Half the width at `progress` from 0 (first point) to 1 (last point).
  func radius(at progress: Float) -> Float {
    let t = 2 * progress - 1
    return base * (1 + slope * t + bow * (0.5 - t * t))
  }
}
