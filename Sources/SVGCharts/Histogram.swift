import Formatting

/// How often values occur, in bins of one width.
public struct Histogram: Sendable {
  private let title: String
  private let subtitle: String
  /// The values in each bin.
  public let counts: [Int]
  /// The lower end of the first bin and the upper end of the last.
  public let range: ClosedRange<Double>

  private static let mostBins = 40

  /// Counts finite values.
  public init(_ title: String, subtitle: String = "", _ values: [Float]) {
    (self.title, self.subtitle) = (title, subtitle)
    let low = Double(values.min() ?? 0), high = Double(values.max() ?? 0)
    // One value alone is a bin in the middle.
    let margin = low == high ? max(abs(low) * 0.1, 1e-6) : 0
    range = low - margin...high + margin
    let bins = low == high ? 1 : max(5, min(Self.mostBins, Int(Double(values.count).squareRoot())))
    var counts = [Int](repeating: 0, count: bins)
    let width = (range.upperBound - range.lowerBound) / Double(bins)
    for value in values {
      counts[min(bins - 1, max(0, Int((Double(value) - range.lowerBound) / width)))] += 1
    }
    self.counts = counts
  }

  private static let size = (width: 300.0, height: 190.0)

  /// The histogram drawn.
  public var drawing: Drawing {
    var drawing = Drawing(title: "\(title), \(subtitle)", width: Self.size.width, height: Self.size.height)
    let room = Self.size.width - 16
    drawing.write(
      Drawing.shortened(title, to: room, size: 13), x: 8, y: 17, size: 13, style: "title", whole: title)
    drawing.write(
      Drawing.shortened(subtitle, to: room, size: Drawing.smallText), x: 8, y: 35, size: Drawing.smallText,
      style: "muted", whole: subtitle)
    let y = Scale.linear(0...Double(max(4, counts.max() ?? 0)), ticks: 4)
    let labelWidth = y.labels.map { Drawing.width(of: $0, size: Drawing.smallText) }.max() ?? 0
    let left = 14 + labelWidth, right = Self.size.width - 12
    let top = 50.0, bottom = Self.size.height - 26
    for (tick, label) in zip(y.ticks, y.labels) {
      let height = bottom - y.position(tick) * (bottom - top)
      drawing.line(left, height, right, height, style: "grid")
      drawing.write(
        label, x: left - 6, y: height + 4, size: Drawing.smallText, anchor: .end, style: "muted")
    }
    let x = Scale.linear(range, ticks: 5, isTight: true)
    func across(_ value: Double) -> Double { left + x.position(value) * (right - left) }
    let binWidth = (range.upperBound - range.lowerBound) / Double(counts.count)
    for (bin, count) in counts.enumerated() where count > 0 {
      let start = across(range.lowerBound + Double(bin) * binWidth)
      let end = across(range.lowerBound + Double(bin + 1) * binWidth)
      let height = max(0.7, y.position(Double(count)) * (bottom - top))
      drawing.rectangle(
        x: start, y: bottom - height, width: max(0.7, end - start - (end - start > 3 ? 0.7 : 0)),
        height: height, style: "fill0", tip: count.grouped)
    }
    drawing.line(left, bottom, right, bottom, style: "axis")
    for (tick, label) in zip(x.ticks, x.labels) {
      let half = Drawing.width(of: label, size: Drawing.smallText) / 2
      let place = min(max(across(tick), half + 2), Self.size.width - half - 2)
      drawing.line(across(tick), bottom, across(tick), bottom + 4, style: "axis")
      drawing.write(label, x: place, y: bottom + 18, size: Drawing.smallText, anchor: .middle, style: "muted")
    }
    return drawing
  }
}
