import Formatting

/// A point of a stroke, in pixels.
package struct StrokePoint {
  /// The position: x to the right, y downwards; the centre of a pixel is at its index plus a half.
  package var position: SIMD2<Float>
  /// Half the width of the stroke.
  package var radius: Float
  /// Whether the point is the first of a stroke: it is not connected to the point before.
  package var startsStroke: Bool

  /// A point of a stroke.
  package init(position: SIMD2<Float>, radius: Float, startsStroke: Bool) {
    self.position = position
    self.radius = radius
    self.startsStroke = startsStroke
  }
}

/// Rasterizes strokes, anti-aliased by the distance of each pixel's centre to the stroke.
package enum StrokeRasterizer {
  /// Raises `coverage` ([H, W], the covered part of each pixel, 0 to 1) where a stroke passes.
  package static func draw(
    _ points: [StrokePoint], into coverage: UnsafeMutableBufferPointer<Float>, size: Int
  ) {
    for i in points.indices.dropFirst() where !points[i].startsStroke {
      draw(from: points[i - 1], to: points[i], into: coverage, size: size)
    }
  }

  /// Rasterizes a segment with round ends and a linearly changing width.
  private static func draw(
    from a: StrokePoint, to b: StrokePoint, into coverage: UnsafeMutableBufferPointer<Float>, size: Int
  ) {
    let reach = max(a.radius, b.radius) + 0.5
    let low = pointwiseMin(a.position, b.position) - reach
    let high = pointwiseMax(a.position, b.position) + reach
    let columns = pixels(low.x, high.x, size)
    let direction = b.position - a.position
    let along = direction / max((direction * direction).sum(), 1e-12)
    let widening = b.radius - a.radius
    for row in pixels(low.y, high.y, size) {
      let dy = Float(row) + 0.5 - a.position.y
      for column in columns {
        let dx = Float(column) + 0.5 - a.position.x
        let t = min(max(dx * along.x + dy * along.y, 0), 1)
        let (offX, offY) = (dx - t * direction.x, dy - t * direction.y)
        let distance = (offX * offX + offY * offY).squareRoot()
        let inked = min(a.radius + t * widening + 0.5 - distance, 1)
        let pixel = row * size + column
        if inked > coverage[pixel] { coverage[pixel] = inked }
      }
    }
  }

  /// The pixels between two coordinates, clipped to the picture.
  private static func pixels(_ low: Float, _ high: Float, _ size: Int) -> Range<Int> {
    let edge = Float(size)
    let first = Int(clamping: min(max(low, 0), edge))
    return first..<max(first, Int(clamping: min(max(high + 1, 0), edge)))
  }
}
