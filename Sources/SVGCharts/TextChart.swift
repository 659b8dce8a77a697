import Formatting

/// Curves drawn with characters: lines of Braille dots, or letters alone where there is only ASCII.
public struct TextChart: Sendable {
  /// One curve.
  public struct Series: Sendable {
    /// Its name in the legend.
    public let name: String
    /// The letter that marks it.
    public let letter: Character
    /// Ascending in x.
    public let points: [LineChart.Point]

    /// A curve.
    public init(_ name: String, letter: Character, _ points: [LineChart.Point]) {
      (self.name, self.letter, self.points) = (name, letter, LineChart.thinned(points))
    }
  }

  private let title: String
  private let series: [Series]
  private let xTitle: String
  private let bounds: ClosedRange<Double>?

  /// A chart of at least one point.
  public init(_ title: String, _ series: [Series], x: String, within bounds: ClosedRange<Double>? = nil) {
    (self.title, self.series, xTitle, self.bounds) = (title, series, x, bounds)
  }

  /// Characters from top to bottom of the plot.
  private static let rows = 12

  /// The lines: title, plot, axis, legend; none is longer than `width`, which is at least 40.
  public func lines(width: Int, ascii: Bool) -> [String] {
    let points = series.flatMap(\.points)
    let y = Scale.fitting(points.map(\.y), ticks: 5, within: bounds)
    let margin = y.labels.map(\.count).max() ?? 0
    let columns = max(8, width - margin - 2)
    let (firstX, lastX) = (points.map(\.x).min() ?? 1, points.map(\.x).max() ?? 1)
    let x = Scale.counting(firstX...lastX, ticks: min(10, columns / (lastX.grouped.count + 3)))
    var canvas = CharacterCanvas(columns: columns, rows: Self.rows, isASCII: ascii)
    for curve in series {
      canvas.draw(
        curve.points.map { (x.position(Double($0.x)), y.position($0.y)) }, letter: curve.letter)
    }
    for (index, curve) in series.enumerated() {
      canvas.mark(
        curve.points.map { (x.position(Double($0.x)), y.position($0.y)) }, letter: curve.letter,
        shift: (Double(index) + 0.5) / Double(series.count))
    }
    var lines = [title + (y.isLogarithmic ? " (logarithmic scale)" : "")]
    let rowOfTick = y.ticks.map { Int(((1 - y.position($0)) * Double(Self.rows - 1)).rounded()) }
    for (row, text) in canvas.lines.enumerated() {
      let tick = rowOfTick.firstIndex(of: row)
      let label = tick.map { y.labels[$0] } ?? ""
      let axis = ascii ? (tick == nil ? "|" : "+") : (tick == nil ? "│" : "┤")
      lines.append("\(label.padded(left: margin)) \(axis)\(text)".trimmedEnd)
    }
    return lines + xAxis(x, margin: margin, columns: columns, ascii: ascii) + legend(width)
  }

  private func xAxis(_ x: Scale, margin: Int, columns: Int, ascii: Bool) -> [String] {
    var rule = [Character](repeating: ascii ? "-" : "─", count: columns)
    var labels = [Character](repeating: " ", count: margin + 2 + columns)
    var free = 0
    for (tick, label) in zip(x.ticks, x.labels) {
      let column = min(columns - 1, Int(x.position(tick) * Double(columns)))
      rule[column] = ascii ? "+" : "┬"
      let start = min(max(free, margin + 2 + column - label.count / 2), labels.count - label.count)
      guard start >= free else { continue }
      for (index, character) in label.enumerated() { labels[start + index] = character }
      free = start + label.count + 1
    }
    let name = xTitle.padded(left: margin + 2 + columns / 2 + xTitle.count / 2)
    return [
      "\("".padded(left: margin)) \(ascii ? "+" : "└")\(String(rule))".trimmedEnd, String(labels).trimmedEnd,
      name,
    ]
  }

  private func legend(_ width: Int) -> [String] {
    var lines: [String] = []
    for curve in series {
      let entry = String("\(curve.letter) \(curve.name)".prefix(width))
      if let last = lines.last, last.count + 3 + entry.count <= width {
        lines[lines.count - 1] += "   " + entry
      } else {
        lines.append(entry)
      }
    }
    return lines
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// Characters in rows on which curves are drawn.
private struct CharacterCanvas {
  private let (columns, rows): (Int, Int)
  private let isASCII: Bool
  /// Dots across and down a character.
  private let dots: (x: Int, y: Int)
  private var patterns: [[UInt8]]
  private var letters: [[Character?]]

  init(columns: Int, rows: Int, isASCII: Bool) {
    (self.columns, self.rows, self.isASCII) = (columns, rows, isASCII)
    dots = isASCII ? (1, 1) : (2, 4)
    patterns = Array(repeating: Array(repeating: 0, count: columns), count: rows)
    letters = Array(repeating: Array(repeating: nil, count: columns), count: rows)
  }

  /// The dot row of a curve at a dot column; nil where it has no points.
  private func height(_ points: [(x: Double, y: Double)], at column: Int) -> Int? {
    let x = Double(column) / Double(max(1, columns * dots.x - 1))
    let half = 0.5 / Double(max(1, columns * dots.x - 1))
    guard let after = points.firstIndex(where: { $0.x >= x - half }) else { return nil }
    let next = points[after]
    var value = next.y
    if next.x > x + half {
      guard after > 0 else { return nil }
      let last = points[after - 1]
      value = last.y + (next.y - last.y) * (x - last.x) / (next.x - last.x)
    }
    return Int(((1 - value) * Double(rows * dots.y - 1)).rounded())
  }

  mutating func draw(_ points: [(x: Double, y: Double)], letter: Character) {
    var before: Int?
    for column in 0..<columns * dots.x {
      guard let here = height(points, at: column) else { continue }
      // A steep curve has no holes.
      let start = before.map { $0 < here ? min($0 + 1, here) : $0 > here ? $0 - 1 : here } ?? here
      for row in min(start, here)...max(start, here) { set(row, column, letter) }
      before = here
    }
  }

  private mutating func set(_ row: Int, _ column: Int, _ letter: Character) {
    if isASCII { return letters[row][column] = letter }
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    patterns[row / 4][column / 2] |= bits[row % 4][column % 2]
  }

  /// Puts the letter of a curve on it in some places, which differ with `shift` from 0 to 1.
  mutating func mark(_ points: [(x: Double, y: Double)], letter: Character, shift: Double) {
    let places = 5
    var columns = (0..<places).map {
      Int((Double($0) + shift) / Double(places) * Double(self.columns * dots.x))
    }
    if points.count == 1 { columns = Array(0..<self.columns * dots.x) }
    for column in columns {
      if let row = height(points, at: column) { letters[row / dots.y][column / dots.x] = letter }
    }
  }

  var lines: [String] {
    zip(patterns, letters).map { patterns, letters in
      String(
        zip(patterns, letters).map { pattern, letter in
          if let letter { return letter }
          return pattern == 0 ? " " : Character(UnicodeScalar(0x2800 + UInt32(pattern)) ?? " ")
        })
    }
  }
}
