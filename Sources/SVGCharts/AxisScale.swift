import Formatting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The scale of an axis: it maps values to positions and has ticks at round numbers.
public struct AxisScale: Sendable, Equatable {
  /// The values at the two ends of the axis, which differ.
  public let domain: ClosedRange<Double>
  /// Ascending round values in the domain.
  public let ticks: [Double]
  /// The label of each tick.
  public let labels: [String]
  /// Whether the scale is logarithmic.
  public let isLogarithmic: Bool

  /// Values are clamped to this magnitude, so that no difference overflows.
  private static let maxMagnitude = 1e300

  /// The relative position of a value, clamped to the domain: 0 at the lower end, 1 at the upper end.
  public func position(_ value: Double) -> Double {
    let value = min(max(value, domain.lowerBound), domain.upperBound)
    guard isLogarithmic else {
      return (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    }
    // Differences, because the quotient of the ends can be too large.
    let low = log(domain.lowerBound)
    return (log(value) - low) / (log(domain.upperBound) - low)
  }

  /// A scale for `values`: logarithmic where they are positive and span more than two decades.
  ///
  /// - Parameters:
  ///   - count: the maximum number of ticks, at least 3.
  ///   - bounds: limits of the axis, such as 0...1.
  public static func fitting(_ values: [Double], ticks count: Int, within bounds: ClosedRange<Double>? = nil)
    -> AxisScale
  {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    return low > 0 && high / low > 100
      ? logarithmic(low...high, ticks: count) : linear(low...high, ticks: count, within: bounds)
  }

  /// A linear scale over `values`, extended to round numbers unless `isTight`.
  public static func linear(
    _ values: ClosedRange<Double>, ticks count: Int, within bounds: ClosedRange<Double>? = nil,
    isTight: Bool = false
  ) -> AxisScale {
    let inside = values.clamped(to: bounds ?? -maxMagnitude...maxMagnitude)
    var (low, high) = (inside.lowerBound, inside.upperBound)
    let magnitude = max(abs(low), abs(high))
    let isZero = magnitude < 1 / maxMagnitude
    if high - low <= 1e-9 * magnitude || isZero {
      let margin = isZero ? 1 : magnitude * 0.1
      (low, high) = (low - margin, high + margin)
    }
    if let bounds { (low, high) = (max(low, bounds.lowerBound), min(high, bounds.upperBound)) }
    // Values on both sides of zero need three ticks.
    let maxTicks = Double(max(count, 3))
    var step = TickStep(atLeast: (high - low) / maxTicks)
    while (high / step.size).rounded(.up) - (low / step.size).rounded(.down) > maxTicks - 1 {
      step = step.next
    }
    let first = (low / step.size).rounded(.down), last = (high / step.size).rounded(.up)
    let ticks = stride(from: first, through: last, by: 1).map(step.times)
    let domain = isTight ? low...high : ticks[0]...ticks[ticks.count - 1]
    let visible = ticks.filter(domain.contains)
    return AxisScale(
      domain: domain, ticks: visible, labels: visible.map(step.label(among: ticks)), isLogarithmic: false)
  }

  /// A tight linear scale with at most `count` ticks, all at integers.
  public static func integer(_ numbers: ClosedRange<Int>, ticks count: Int) -> AxisScale {
    let (low, high) = (Double(numbers.lowerBound), Double(numbers.upperBound))
    var step = TickStep(atLeast: max(1, (high - low) / Double(max(count, 2))))
    func ticks(_ step: TickStep) -> [Double] {
      stride(from: (low / step.size).rounded(.up), through: (high / step.size).rounded(.down), by: 1)
        .map(step.times)
    }
    while ticks(step).count > max(count, 2) { step = step.next }
    let margin = low == high ? max(0.5, abs(low) * 1e-9) : 0
    return AxisScale(
      domain: low - margin...high + margin, ticks: ticks(step),
      labels: ticks(step).map { Int(clamping: $0).grouped },
      isLogarithmic: false)
  }

  /// A logarithmic scale for positive values, with ticks at 1, 2 and 5 times powers of ten, or at powers of ten only.
  public static func logarithmic(_ values: ClosedRange<Double>, ticks count: Int) -> AxisScale {
    let inside = values.clamped(to: 1 / maxMagnitude...maxMagnitude)
    let (low, high) = (TickStep(atMost: inside.lowerBound), TickStep(atLeast: inside.upperBound))
    var steps = [low]
    while let last = steps.last, last.size < high.size { steps.append(last.next) }
    if steps.count == 1 { steps.append(low.next) }
    let domain = steps[0].size...steps[steps.count - 1].size
    let decades = steps.filter { $0.mantissa == 1 }
    var every = 1
    while steps.count > max(count, 2) {
      steps = decades.filter { $0.exponent.isMultiple(of: every) }
      every += 1
    }
    return AxisScale(
      domain: domain, ticks: steps.map(\.size), labels: steps.map { $0.label(among: [$0.size])($0.size) },
      isLogarithmic: true)
  }

  /// The axis of the numbers 0 to `count` - 1 of values that grow by equal factors through `values`, with round values
  /// as ticks.
  ///
  /// - Parameters:
  ///   - count: at least 2.
  ///   - values: the first and the last value, positive and different.
  public static func steps(_ count: Int, through values: ClosedRange<Double>, ticks: Int) -> AxisScale {
    let (first, last) = (log(values.lowerBound), log(values.upperBound))
    let round = logarithmic(values, ticks: ticks)
    // A value may miss the round one by a rounding error.
    let marks = zip(round.ticks, round.labels).map { (share: (log($0) - first) / (last - first), label: $1) }
      .filter { -1e-9...1 + 1e-9 ~= $0.share }
    let end = Double(count - 1)
    return AxisScale(
      domain: 0...end, ticks: marks.map { min(max($0.share, 0), 1) * end }, labels: marks.map(\.label),
      isLogarithmic: false)
  }
}
