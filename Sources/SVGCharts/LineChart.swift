import Formatting

/// A line chart over integers such as epochs, with axes, grid and legend.
public struct LineChart: Sendable {
  /// A data point.
  public struct Point: Sendable, Equatable {
    /// The x value, such as an epoch.
    public let x: Int
    /// The y value, finite.
    public let y: Double

    /// A data point.
    public init(_ x: Int, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  /// One line of the chart.
  public struct Series: Sendable {
    /// The name in the legend; nil leaves the series out of it.
    public let name: String?
    /// The data points, ascending in x.
    public let points: [Point]
    /// The number of its colour and marker.
    public let style: Int
    /// Whether the line is dashed.
    public let isDashed: Bool
    /// The x value of the best point, which is marked with a ring.
    public let best: Int?

    /// A series.
    public init(_ name: String?, _ points: [Point], style: Int, isDashed: Bool = false, best: Int? = nil) {
      (self.name, self.points, self.style) = (name, points, style)
      (self.isDashed, self.best) = (isDashed, best)
    }
  }

  private let title: String
  private let series: [Series]
  private let xTitle: String
  private let bestLabel: String?
  private let bounds: ClosedRange<Double>?
  private let axis: AxisScale?

  /// A chart of at least one point.
  ///
  /// - Parameters:
  ///   - bestLabel: the legend's name of the best points.
  ///   - bounds: limits of the y axis, such as 0...1.
  ///   - axis: the x axis; nil for one of integers.
  public init(
    _ title: String, _ series: [Series], x: String, bestLabel: String? = nil,
    within bounds: ClosedRange<Double>? = nil, axis: AxisScale? = nil
  ) {
    (self.title, self.series, xTitle, self.bestLabel, self.bounds) = (title, series, x, bestLabel, bounds)
    self.axis = axis
  }

  private static let size = (width: 386.0, plotHeight: 210.0)
  /// Series of more points are downsampled.
  private static let maxPoints = 800

  /// The chart as an SVG image.
  public var drawing: Drawing {
    let points = series.flatMap(\.points)
    let y = AxisScale.fitting(points.map(\.y), ticks: 7, within: bounds)
    let (firstX, lastX) = (points.map(\.x).min() ?? 1, points.map(\.x).max() ?? 1)
    let widest = Drawing.width(of: "\(lastX),,", size: Drawing.textSize)
    let left = 12 + (y.labels.map { Drawing.width(of: $0, size: Drawing.textSize) }.max() ?? 0)
    let right = Self.size.width - max(14, widest / 2)
    let x =
      axis
      ?? AxisScale.integer(firstX...lastX, ticks: min(10, Int(clamping: (right - left) / (widest + 14))))
    let entries = legend
    let legend = LegendLayout(entries, width: Self.size.width - 2 * 8)
    let top = 26 + legend.height + 14, bottom = top + Self.size.plotHeight
    let fullTitle = title + (y.isLogarithmic ? " (logarithmic scale)" : "")
    var drawing = Drawing(title: fullTitle, width: Self.size.width, height: bottom + 44)
    drawing.addText(fullTitle, x: 8, y: 17, size: 14, cssClass: "title")
    legend.draw(in: &drawing, x: 8, y: 26)
    func position(_ point: Point) -> (x: Double, y: Double) {
      (left + x.position(Double(point.x)) * (right - left), bottom - y.position(point.y) * (bottom - top))
    }
    for (tick, label) in zip(y.ticks, y.labels) {
      let tickY = bottom - y.position(tick) * (bottom - top)
      drawing.addLine(left, tickY, right, tickY, cssClass: "grid")
      drawing.addText(label, x: left - 6, y: tickY + 4, anchor: .end, cssClass: "muted")
    }
    for (tick, label) in zip(x.ticks, x.labels) {
      let tickX = left + x.position(tick) * (right - left)
      drawing.addLine(tickX, top, tickX, bottom, cssClass: "grid")
      drawing.addLine(tickX, bottom, tickX, bottom + 4, cssClass: "axis")
      drawing.addText(label, x: tickX, y: bottom + 18, anchor: .middle, cssClass: "muted")
    }
    drawing.addLine(left, bottom, right, bottom, cssClass: "axis")
    drawing.addText(xTitle, x: (left + right) / 2, y: bottom + 36, anchor: .middle, cssClass: "muted")
    for series in series { draw(series, in: &drawing, position) }
    return drawing
  }

  private func draw(
    _ series: Series, in drawing: inout Drawing, _ position: (Point) -> (x: Double, y: Double)
  ) {
    let positions = Self.downsampled(series.points).map(position)
    let path = positions.enumerated().map { "\($0 == 0 ? "M" : "L")\($1.x.pixels) \($1.y.pixels)" }.joined()
    let color = series.style % Theme.seriesCount
    drawing.add(
      MarkupElement("path", ["class": "line stroke\(color)\(series.isDashed ? " dashed" : "")", "d": path]))
    let count = min(series.points.count, 10)
    for index in 0..<count {
      // Series that cover each other have their markers at different points.
      let marked =
        count == series.points.count ? index : (2 * index + 1 + series.style % 2) * series.points.count / 21
      drawing.add(Marker(style: series.style).element(at: position(series.points[marked])))
    }
    if let best = series.points.first(where: { $0.x == series.best }) {
      drawing.add(ring(at: position(best), color: color))
    }
  }

  private func ring(at point: (x: Double, y: Double), color: Int) -> MarkupElement {
    MarkupElement(
      "circle", ["class": "ring stroke\(color)", "cx": point.x.pixels, "cy": point.y.pixels, "r": "7"])
  }

  private var legend: [LegendLayout.Entry] {
    let names = series.compactMap { series in
      series.name.map { LegendLayout.Entry(text: $0, style: series.style, isDashed: series.isDashed) }
    }
    let hasBest = series.contains { $0.best != nil }
    let ring = hasBest ? bestLabel.map { [LegendLayout.Entry(text: $0, style: nil, isDashed: false)] } : nil
    return names + (ring ?? [])
  }

  /// At most `maxPoints` points with the same outline: the minimum and maximum of every bucket.
  package static func downsampled(_ points: [Point]) -> [Point] {
    guard points.count > maxPoints else { return points }
    let buckets = maxPoints / 2
    return (0..<buckets).flatMap { bucket -> [Point] in
      let part = points[bucket * points.count / buckets..<(bucket + 1) * points.count / buckets]
      guard let low = part.min(by: { $0.y < $1.y }), let high = part.max(by: { $0.y < $1.y }) else {
        return []
      }
      return low.x == high.x ? [low] : low.x < high.x ? [low, high] : [high, low]
    }
  }
}
