/// A path of lines and curves from box to box.
struct NetworkPath {
  /// A point in pixels.
  typealias Point = (x: Double, y: Double)

  private enum Step {
    case move(Point), line(Point)
    /// A corner: a quadratic curve around the first point.
    case corner(Point, Point)
    /// A curve that is vertical at both ends.
    case bend(Point, Point)
  }

  private var steps: [Step] = []
  private var end: Point = (0, 0)

  /// Whether nothing is drawn.
  var isEmpty: Bool { steps.isEmpty }

  /// Begins at a point.
  mutating func move(to point: Point) {
    steps.append(.move(point))
    end = point
  }

  /// Goes down to a point: straight where it is below, in an S elsewhere.
  mutating func descend(to point: Point) {
    guard point.x == end.x else {
      steps.append(.bend(end, point))
      return end = point
    }
    line(to: point)
  }

  /// Draws lines with round corners through `points`.
  mutating func line(through points: [Point]) {
    for (corner, next) in zip(points, points.dropFirst()) {
      let start = Self.point(from: corner, towards: end), stop = Self.point(from: corner, towards: next)
      line(to: start)
      steps.append(.corner(corner, stop))
      end = stop
    }
    if let last = points.last { line(to: last) }
  }

  private mutating func line(to point: Point) {
    // A line further down the last one makes that longer.
    if case .line = steps.last, steps.count > 1, point.x == end.x, isVertical(steps[steps.count - 2]) {
      steps.removeLast()
    }
    steps.append(.line(point))
    end = point
  }

  /// Whether a line after the step begins where the step ends.
  private func isVertical(_ step: Step) -> Bool {
    guard case .line(let last) = steps[steps.count - 1] else { return false }
    switch step {
    case .move(let point), .line(let point), .corner(_, let point), .bend(_, let point):
      return point.x == last.x
    }
  }

  private static let radius = 8.0

  /// The point at the distance of the radius from a corner on the way to a point beside, above or below.
  private static func point(from corner: Point, towards point: Point) -> Point {
    func step(_ from: Double, _ to: Double) -> Double { from + min(max(to - from, -radius), radius) }
    return (step(corner.x, point.x), step(corner.y, point.y))
  }

  /// The path as the attribute `d` of an SVG path, moved to `origin`.
  func data(from origin: Point) -> String {
    func text(_ point: Point) -> String { "\((origin.x + point.x).pixels) \((origin.y + point.y).pixels)" }
    return steps.map { step in
      switch step {
      case .move(let point): return "M\(text(point))"
      case .line(let point): return "L\(text(point))"
      case .corner(let corner, let point): return "Q\(text(corner)) \(text(point))"
      case .bend(let start, let point):
        let middle = (start.y + point.y) / 2
        return "C\(text((start.x, middle))) \(text((point.x, middle))) \(text(point))"
      }
    }.joined()
  }
}
