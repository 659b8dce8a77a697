import Formatting

/// A histogram with bins of equal width.
public struct HistogramChart: Sendable {
  private let title: String
  private let subtitle: String
  /// The number of values in each bin.
  public let counts: [Int]
  /// The lower edge of the first bin and the upper edge of the last.
  public let range: ClosedRange<Double>

  private static let maxBins = 40

  /// A histogram of the finite ones of `values`.
  public init(_ title: String, subtitle: String = "", _ values: [Float]) {
    (self.title, self.subtitle) = (title, subtitle)
    let values = values.filter(\.isFinite)
    let low = Double(values.min() ?? 0), high = Double(values.max() ?? 0)
    // Equal values share one bin, with a margin so that its width is not zero.
    let margin = low == high ? max(abs(low) * 0.1, 1e-6) : 0
    range = low - margin...high + margin
    let bins = low == high ? 1 : max(5, min(Self.maxBins, Int(clamping: Double(values.count).squareRoot())))
    var counts = [Int](repeating: 0, count: bins)
    let width = (range.upperBound - range.lowerBound) / Double(bins)
    for value in values {
      counts[min(bins - 1, max(0, Int(clamping: (Double(value) - range.lowerBound) / width)))] += 1
    }
    self.counts = counts
  }

  private static let size = (width: 300.0, height: 190.0)

  /// The chart as an SVG image.
  public var drawing: Drawing {
    var drawing = Drawing(title: "\(title), \(subtitle)", width: Self.size.width, height: Self.size.height)
    let textWidth = Self.size.width - 16
    drawing.addText(
      Drawing.shortened(title, to: textWidth, size: 13), x: 8, y: 17, size: 13, cssClass: "title",
      tooltip: title)
    drawing.addText(
      Drawing.shortened(subtitle, to: textWidth, size: Drawing.smallText), x: 8, y: 35,
      size: Drawing.smallText,
      cssClass: "muted", tooltip: subtitle)
    let y = AxisScale.linear(0...Double(max(4, counts.max() ?? 0)), ticks: 4)
    let labelWidth = y.labels.map { Drawing.width(of: $0, size: Drawing.smallText) }.max() ?? 0
    let left = 14 + labelWidth, right = Self.size.width - 12
    let top = 50.0, bottom = Self.size.height - 26
    for (tick, label) in zip(y.ticks, y.labels) {
      let tickY = bottom - y.position(tick) * (bottom - top)
      drawing.addLine(left, tickY, right, tickY, cssClass: "grid")
      drawing.addText(
        label, x: left - 6, y: tickY + 4, size: Drawing.smallText, anchor: .end, cssClass: "muted")
    }
    let x = AxisScale.linear(range, ticks: 5, isTight: true)
    func xPosition(_ value: Double) -> Double { left + x.position(value) * (right - left) }
    let binWidth = (range.upperBound - range.lowerBound) / Double(counts.count)
    for (bin, count) in counts.enumerated() where count > 0 {
      let start = xPosition(range.lowerBound + Double(bin) * binWidth)
      let end = xPosition(range.lowerBound + Double(bin + 1) * binWidth)
      let height = max(0.7, y.position(Double(count)) * (bottom - top))
      drawing.addRectangle(
        x: start, y: bottom - height, width: max(0.7, end - start - (end - start > 3 ? 0.7 : 0)),
        height: height, cssClass: "fill0", tooltip: count.grouped)
    }
    drawing.addLine(left, bottom, right, bottom, cssClass: "axis")
    for (tick, label) in zip(x.ticks, x.labels) {
      let half = Drawing.width(of: label, size: Drawing.smallText) / 2
      let labelX = min(max(xPosition(tick), half + 2), Self.size.width - half - 2)
      drawing.addLine(xPosition(tick), bottom, xPosition(tick), bottom + 4, cssClass: "axis")
      drawing.addText(
        label, x: labelX, y: bottom + 18, size: Drawing.smallText, anchor: .middle, cssClass: "muted")
    }
    return drawing
  }
}
