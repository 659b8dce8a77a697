import Formatting

/// A line chart of characters for a terminal: Braille dots, or letters in ASCII.
public struct TextChart: Sendable {
  /// One line of the chart.
  public struct Series: Sendable {
    /// The name in the legend.
    public let name: String
    /// The letter that marks the line.
    public let letter: Character
    /// The data points, ascending in x.
    public let points: [LineChart.Point]

    /// A series.
    public init(_ name: String, letter: Character, _ points: [LineChart.Point]) {
      (self.name, self.letter, self.points) = (name, letter, LineChart.downsampled(points))
    }
  }

  private let title: String
  private let series: [Series]
  private let xTitle: String
  private let bounds: ClosedRange<Double>?
  private let axis: AxisScale?

  /// A chart of at least one point.
  ///
  /// - Parameters:
  ///   - bounds: limits of the y axis, such as 0...1.
  ///   - axis: the x axis; nil for one of integers.
  public init(
    _ title: String, _ series: [Series], x: String, within bounds: ClosedRange<Double>? = nil,
    axis: AxisScale? = nil
  ) {
    (self.title, self.series, xTitle, self.bounds, self.axis) = (title, series, x, bounds, axis)
  }

  /// The height of the plot in characters.
  private static let rows = 12

  /// The lines of text: title, plot, axis and legend, at most `width` characters wide; `width` is at least 40.
  public func lines(width: Int, ascii: Bool) -> [String] {
    let points = series.flatMap(\.points)
    let y = AxisScale.fitting(points.map(\.y), ticks: 5, within: bounds)
    let margin = y.labels.map(\.count).max() ?? 0
    let columns = max(8, width - margin - 2)
    let (firstX, lastX) = (points.map(\.x).min() ?? 1, points.map(\.x).max() ?? 1)
    let x =
      axis ?? AxisScale.integer(firstX...lastX, ticks: min(10, columns / (lastX.grouped.count + 3)))
    var canvas = CharacterCanvas(columns: columns, rows: Self.rows, isASCII: ascii)
    for series in series {
      canvas.draw(
        series.points.map { (x.position(Double($0.x)), y.position($0.y)) }, letter: series.letter)
    }
    for (index, curve) in series.enumerated() {
      canvas.mark(
        curve.points.map { (x.position(Double($0.x)), y.position($0.y)) }, letter: curve.letter,
        offset: (Double(index) + 0.5) / Double(series.count))
    }
    var lines = [title + (y.isLogarithmic ? " (logarithmic scale)" : "")]
    let rowOfTick = y.ticks.map { Int(clamping: ((1 - y.position($0)) * Double(Self.rows - 1)).rounded()) }
    for (row, text) in canvas.lines.enumerated() {
      let tick = rowOfTick.firstIndex(of: row)
      let label = tick.map { y.labels[$0] } ?? ""
      let axis = ascii ? (tick == nil ? "|" : "+") : (tick == nil ? "│" : "┤")
      lines.append("\(label.padded(left: margin)) \(axis)\(text)".trimmingTrailingSpaces)
    }
    return lines + xAxis(x, margin: margin, columns: columns, ascii: ascii) + legend(width)
  }

  private func xAxis(_ x: AxisScale, margin: Int, columns: Int, ascii: Bool) -> [String] {
    var rule = [Character](repeating: ascii ? "-" : "─", count: columns)
    var labels = [Character](repeating: " ", count: margin + 2 + columns)
    var firstFree = 0
    for (tick, label) in zip(x.ticks, x.labels) {
      let column = min(columns - 1, Int(clamping: x.position(tick) * Double(columns)))
      rule[column] = ascii ? "+" : "┬"
      let start = min(max(firstFree, margin + 2 + column - label.count / 2), labels.count - label.count)
      guard start >= firstFree else { continue }
      for (index, character) in label.enumerated() { labels[start + index] = character }
      firstFree = start + label.count + 1
    }
    let title = xTitle.padded(left: margin + 2 + columns / 2 + xTitle.count / 2)
    return [
      "\("".padded(left: margin)) \(ascii ? "+" : "└")\(String(rule))".trimmingTrailingSpaces,
      String(labels).trimmingTrailingSpaces,
      title,
    ]
  }

  private func legend(_ width: Int) -> [String] {
    var lines: [String] = []
    for series in series {
      let entry = String("\(series.letter) \(series.name)".prefix(width))
      if let last = lines.last, last.count + 3 + entry.count <= width {
        lines[lines.count - 1] += "   " + entry
      } else {
        lines.append(entry)
      }
    }
    return lines
  }
}
