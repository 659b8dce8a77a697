import Formatting

/// The strokes of one handwritten digit: a glyph, randomly deformed and fitted into a box of pixels.
package struct Handwriting {
  /// The points of the strokes, in writing order.
  package private(set) var points: [StrokePoint] = []

  /// Writes `digit` (0 to 9) into a square of `box` pixels, with its centre of mass at `center`.
  package init(digit: Int, box: Float, center: SIMD2<Float>, random: inout RandomStream) {
    let width = StrokeWidth(box: box, random: &random)
    points.reserveCapacity(96)
    for stroke in Self.strokes(of: digit, random: &random) {
      trace(stroke)
    }
    deform(GlyphDeformation(random: &random))
    fit(into: box * random.uniform(0.94, 1), width: width, center: center)
  }

  /// An interpolation of two shapes of a random glyph, with noise on each control point.
  private static func strokes(of digit: Int, random: inout RandomStream) -> [Stroke] {
    let glyph = Glyph.select(from: Glyph.ofDigit[digit], at: random.uniform(0, 1))
    let (first, second) = (random.below(glyph.shapes.count), random.below(glyph.shapes.count))
    let blend = random.uniform(0, 1)
    var strokes = glyph.shapes[first]
    for s in strokes.indices {
      for k in strokes[s].indices {
        let other = glyph.shapes[second][s][k]
        strokes[s][k].position += blend * (other.position - strokes[s][k].position)
        strokes[s][k].position += SIMD2(random.normal(0.028), random.normal(0.028))
        strokes[s][k].smoothness += blend * (other.smoothness - strokes[s][k].smoothness)
        strokes[s][k].smoothness = max(strokes[s][k].smoothness, random.uniform(0, 0.6))
      }
    }
    return strokes
  }

  /// Appends a smooth curve through the control points of a stroke (a Catmull-Rom spline).
  private mutating func trace(_ stroke: Stroke) {
    func point(_ i: Int) -> SIMD2<Float> { stroke[min(max(i, 0), stroke.count - 1)].position }
    func tangent(_ i: Int) -> SIMD2<Float> { (point(i + 1) - point(i - 1)) * (0.5 * stroke[i].smoothness) }
    add(point(0), startsStroke: true)
    for i in 0..<(stroke.count - 1) {
      let (from, to) = (point(i), point(i + 1))
      let (leave, arrive) = (tangent(i), tangent(i + 1))
      let steps = 2 + Int(clamping: (to - from).length * 10)
      for step in 1...steps {
        let t = Float(step) / Float(steps)
        let (u, tt) = (1 - t, t * t)
        add(
          from * ((1 + 2 * t) * u * u) + leave * (t * u * u) + to * (tt * (3 - 2 * t)) - arrive * (tt * u),
          startsStroke: false)
      }
    }
  }

  private mutating func add(_ position: SIMD2<Float>, startsStroke: Bool) {
    points.append(StrokePoint(position: position, radius: 0, startsStroke: startsStroke))
  }

  private mutating func deform(_ deformation: GlyphDeformation) {
    for i in points.indices {
      points[i].position = deformation(points[i].position - SIMD2(0.5, 0.5))
    }
  }

  /// Scales the strokes, with their width, to the size of the box, and moves their centre of mass to `center`.
  private mutating func fit(into box: Float, width: StrokeWidth, center: SIMD2<Float>) {
    var low = SIMD2<Float>(repeating: .infinity)
    var high = -low
    for i in points.indices {
      points[i].radius = width.radius(at: Float(i) / Float(points.count))
      low = pointwiseMin(low, points[i].position)
      high = pointwiseMax(high, points[i].position)
    }
    let extent = high - low
    let scale = (box - 2 * width.base) / max(extent.x, extent.y, 0.1)
    var mass: Float = 0
    var moment = SIMD2<Float>()
    for i in points.indices {
      points[i].position = (points[i].position - low) * scale
      guard !points[i].startsStroke else { continue }
      let (a, b) = (points[i - 1], points[i])
      let area = (b.position - a.position).length * (a.radius + b.radius)
      mass += area
      moment += area * 0.5 * (a.position + b.position)
    }
    let shift = center - moment / max(mass, 1)
    for i in points.indices { points[i].position += shift }
  }
}

extension SIMD2<Float> {
  fileprivate var length: Float { (x * x + y * y).squareRoot() }
}
