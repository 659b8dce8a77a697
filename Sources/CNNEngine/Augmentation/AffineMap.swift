/// An affine map of coordinates relative to the centre of an image, from a target pixel to where it is sampled.
struct AffineMap: Sendable {
  private(set) var xx: Double, xy: Double, x: Double
  private(set) var yx: Double, yy: Double, y: Double

  /// (x, y) maps to (`xx` x + `xy` y + `x`, `yx` x + `yy` y + `y`).
  init(
    xx: Double = 1, xy: Double = 0, x: Double = 0, yx: Double = 0, yy: Double = 1, y: Double = 0
  ) {
    (self.xx, self.xy, self.x, self.yx, self.yy, self.y) = (xx, xy, x, yx, yy, y)
  }

  /// Composes the map with one applied after it; sampling maps coordinates through the last one first.
  mutating func append(_ last: AffineMap) {
    self = AffineMap(
      xx: xx * last.xx + xy * last.yx, xy: xx * last.xy + xy * last.yy, x: xx * last.x + xy * last.y + x,
      yx: yx * last.xx + yy * last.yx, yy: yx * last.xy + yy * last.yy, y: yx * last.x + yy * last.y + y)
  }
}
