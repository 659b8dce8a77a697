/// Curves over whole numbers such as epochs, with axes, grid and legend.
public struct LineChart: Sendable {
  /// A place on a curve.
  public struct Point: Sendable, Equatable {
    /// Where it is: an epoch.
    public let x: Int
    /// Its value, finite.
    public let y: Double

    /// A place.
    public init(_ x: Int, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  /// One curve.
  public struct Series: Sendable {
    /// Its name in the legend; nil leaves it out there.
    public let name: String?
    /// Ascending in x.
    public let points: [Point]
    /// Which colour and marker it has.
    public let style: Int
    /// Whether its line is broken.
    public let isDashed: Bool
    /// The x of the point that is ringed.
    public let best: Int?

    /// A curve.
    public init(_ name: String?, _ points: [Point], style: Int, isDashed: Bool = false, best: Int? = nil) {
      (self.name, self.points, self.style) = (name, points, style)
      (self.isDashed, self.best) = (isDashed, best)
    }
  }

  private let title: String
  private let series: [Series]
  private let xTitle: String
  private let note: String?
  private let bounds: ClosedRange<Double>?

  /// A chart of at least one point.
  ///
  /// - Parameters:
  ///   - note: what a ring means, for the legend.
  ///   - bounds: what no value can leave, such as 0...1.
  public init(
    _ title: String, _ series: [Series], x: String, note: String? = nil,
    within bounds: ClosedRange<Double>? = nil
  ) {
    (self.title, self.series, xTitle, self.note, self.bounds) = (title, series, x, note, bounds)
  }

  private static let size = (width: 386.0, plotHeight: 210.0)
  /// Curves of more points are drawn by the extremes of their stretches.
  private static let mostPoints = 800

  /// The chart drawn.
  public var drawing: Drawing {
    let points = series.flatMap(\.points)
    let y = Scale.fitting(points.map(\.y), ticks: 7, within: bounds)
    let (firstX, lastX) = (points.map(\.x).min() ?? 1, points.map(\.x).max() ?? 1)
    let widest = Drawing.width(of: "\(lastX),,", size: Drawing.textSize)
    let left = 12 + (y.labels.map { Drawing.width(of: $0, size: Drawing.textSize) }.max() ?? 0)
    let right = Self.size.width - max(14, widest / 2)
    let x = Scale.counting(firstX...lastX, ticks: min(10, Int((right - left) / (widest + 14))))
    let entries = legend
    let legend = LegendLayout(entries, width: Self.size.width - 2 * 8)
    let top = 26 + legend.height + 14, bottom = top + Self.size.plotHeight
    let name = title + (y.isLogarithmic ? " (logarithmic scale)" : "")
    var drawing = Drawing(title: name, width: Self.size.width, height: bottom + 44)
    drawing.write(name, x: 8, y: 17, size: 14, style: "title")
    legend.draw(in: &drawing, x: 8, y: 26)
    func place(_ point: Point) -> (x: Double, y: Double) {
      (left + x.position(Double(point.x)) * (right - left), bottom - y.position(point.y) * (bottom - top))
    }
    for (tick, label) in zip(y.ticks, y.labels) {
      let height = bottom - y.position(tick) * (bottom - top)
      drawing.line(left, height, right, height, style: "grid")
      drawing.write(label, x: left - 6, y: height + 4, anchor: .end, style: "muted")
    }
    for (tick, label) in zip(x.ticks, x.labels) {
      let across = left + x.position(tick) * (right - left)
      drawing.line(across, top, across, bottom, style: "grid")
      drawing.line(across, bottom, across, bottom + 4, style: "axis")
      drawing.write(label, x: across, y: bottom + 18, anchor: .middle, style: "muted")
    }
    drawing.line(left, bottom, right, bottom, style: "axis")
    drawing.write(xTitle, x: (left + right) / 2, y: bottom + 36, anchor: .middle, style: "muted")
    for curve in series { draw(curve, in: &drawing, place) }
    return drawing
  }

  private func draw(
    _ curve: Series, in drawing: inout Drawing, _ place: (Point) -> (x: Double, y: Double)
  ) {
    let places = Self.thinned(curve.points).map(place)
    let path = places.enumerated().map { "\($0 == 0 ? "M" : "L")\($1.x.pixels) \($1.y.pixels)" }.joined()
    let color = curve.style % Theme.seriesCount
    drawing.add(
      Element("path", ["class": "line stroke\(color)\(curve.isDashed ? " dashed" : "")", "d": path]))
    let count = min(curve.points.count, 10)
    for index in 0..<count {
      // Curves that lie upon each other have their markers at different places.
      let part =
        count == curve.points.count ? index : (2 * index + 1 + curve.style % 2) * curve.points.count / 21
      let point = place(curve.points[part])
      drawing.add(Marker(style: curve.style).element(at: point))
    }
    if let best = curve.points.first(where: { $0.x == curve.best }) {
      let point = place(best)
      drawing.add(ring(at: point, style: color))
    }
  }

  private func ring(at point: (x: Double, y: Double), style: Int) -> Element {
    Element(
      "circle", ["class": "ring stroke\(style)", "cx": point.x.pixels, "cy": point.y.pixels, "r": "7"])
  }

  private var legend: [LegendLayout.Entry] {
    let curves = series.compactMap { curve in
      curve.name.map { LegendLayout.Entry(text: $0, style: curve.style, isDashed: curve.isDashed) }
    }
    let isRinged = series.contains { $0.best != nil }
    let ring = isRinged ? note.map { [LegendLayout.Entry(text: $0, style: nil, isDashed: false)] } : nil
    return curves + (ring ?? [])
  }

  /// Fewer points that look the same: the lowest and highest of every stretch.
  package static func thinned(_ points: [Point]) -> [Point] {
    guard points.count > mostPoints else { return points }
    let stretches = mostPoints / 2
    return (0..<stretches).flatMap { stretch -> [Point] in
      let part = points[stretch * points.count / stretches..<(stretch + 1) * points.count / stretches]
      guard let low = part.min(by: { $0.y < $1.y }), let high = part.max(by: { $0.y < $1.y }) else {
        return []
      }
      return low.x == high.x ? [low] : low.x < high.x ? [low, high] : [high, low]
    }
  }
}
