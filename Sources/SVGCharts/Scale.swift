import Formatting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the values of an axis lie, and its ticks at round numbers.
public struct Scale: Sendable, Equatable {
  /// The values at its two ends, which differ.
  public let domain: ClosedRange<Double>
  /// Ascending round values in the domain.
  public let ticks: [Double]
  /// What stands at each tick.
  public let labels: [String]
  /// Whether equal ratios, not equal differences, are equally far apart.
  public let isLogarithmic: Bool

  /// Larger values are drawn as this one.
  private static let largest = 1e300

  /// Where a value lies: 0 at the lower end, 1 at the upper one.
  public func position(_ value: Double) -> Double {
    let value = min(max(value, domain.lowerBound), domain.upperBound)
    guard isLogarithmic else {
      return (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    }
    return log(value / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
  }

  /// A scale for `values`: logarithmic where they are positive and span more than two decades.
  ///
  /// - Parameters:
  ///   - count: the most ticks, at least 3.
  ///   - bounds: what no value can leave, such as 0...1.
  public static func fitting(_ values: [Double], ticks count: Int, within bounds: ClosedRange<Double>? = nil)
    -> Scale
  {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    return low > 0 && high / low > 100
      ? logarithmic(low...high, ticks: count) : linear(low...high, ticks: count, within: bounds)
  }

  /// A scale from the round number below the values to the one above them; a tight one ends where they do.
  public static func linear(
    _ values: ClosedRange<Double>, ticks count: Int, within bounds: ClosedRange<Double>? = nil,
    isTight: Bool = false
  ) -> Scale {
    var (low, high) = (max(values.lowerBound, -largest), min(values.upperBound, largest))
    let magnitude = max(abs(low), abs(high))
    if high - low <= 1e-9 * magnitude || magnitude == 0 {
      let margin = magnitude == 0 ? 1 : magnitude * 0.1
      (low, high) = (low - margin, high + margin)
    }
    if let bounds { (low, high) = (max(low, bounds.lowerBound), min(high, bounds.upperBound)) }
    // Values on both sides of zero need three.
    let most = Double(max(count, 3))
    var step = Step(atLeast: (high - low) / most)
    while (high / step.size).rounded(.up) - (low / step.size).rounded(.down) > most - 1 { step = step.next }
    let first = (low / step.size).rounded(.down), last = (high / step.size).rounded(.up)
    let ticks = stride(from: first, through: last, by: 1).map(step.times)
    let domain = isTight ? low...high : ticks[0]...ticks[ticks.count - 1]
    let shown = ticks.filter(domain.contains)
    return Scale(
      domain: domain, ticks: shown, labels: shown.map(step.label(among: ticks)), isLogarithmic: false)
  }

  /// A scale of whole numbers that ends where they do, with at most `count` ticks.
  public static func counting(_ numbers: ClosedRange<Int>, ticks count: Int) -> Scale {
    let (low, high) = (Double(numbers.lowerBound), Double(numbers.upperBound))
    var step = Step(atLeast: max(1, (high - low) / Double(max(count, 2))))
    func ticks(_ step: Step) -> [Double] {
      stride(from: (low / step.size).rounded(.up), through: (high / step.size).rounded(.down), by: 1)
        .map(step.times)
    }
    while ticks(step).count > max(count, 2) { step = step.next }
    let margin = low == high ? 0.5 : 0
    return Scale(
      domain: low - margin...high + margin, ticks: ticks(step), labels: ticks(step).map { Int($0).grouped },
      isLogarithmic: false)
  }

  /// A scale for positive values with ticks at 1, 2 and 5 times powers of ten, or at some of the powers alone.
  public static func logarithmic(_ values: ClosedRange<Double>, ticks count: Int) -> Scale {
    let low = Step(atMost: max(values.lowerBound, 1 / largest))
    let high = Step(atLeast: min(values.upperBound, largest))
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
    return Scale(
      domain: domain, ticks: steps.map(\.size), labels: steps.map { $0.label(among: [$0.size])($0.size) },
      isLogarithmic: true)
  }
}

/// A round number: 1, 2 or 5 times a power of ten.
private struct Step {
  var mantissa: Int
  var exponent: Int

  private init(_ mantissa: Int, _ exponent: Int) { (self.mantissa, self.exponent) = (mantissa, exponent) }

  /// The largest one that is not above `value`, which is positive.
  init(atMost value: Double) {
    self.init(1, Int(log10(value).rounded(.down)) - 1)
    while next.size <= value { self = next }
  }

  /// The smallest one that is not below `value`, which is positive.
  init(atLeast value: Double) {
    self.init(1, Int(log10(value).rounded(.down)) - 1)
    while size < value { self = next }
  }

  var next: Step {
    switch mantissa {
    case 1: Step(2, exponent)
    case 2: Step(5, exponent)
    default: Step(1, exponent + 1)
    }
  }

  var size: Double { times(1) }

  /// A multiple, as near as a Double comes to its decimals.
  func times(_ count: Double) -> Double {
    let product = count * Double(mantissa)
    return exponent < 0 ? product / pow(10, Double(-exponent)) : product * pow(10, Double(exponent))
  }

  /// Writes multiples, all of `ticks` in the same manner: plainly, or with an exponent where that is long.
  func label(among ticks: [Double]) -> (Double) -> String {
    let largest = ticks.map(abs).max() ?? 0
    guard largest >= 1e6 || exponent < -5 else {
      return { [exponent] value in exponent < 0 ? value.fixed(-exponent) : Int(value).grouped }
    }
    return { [exponent] value in
      if value == 0 { return "0" }
      let power = Int(log10(abs(value) * (1 + 1e-12)).rounded(.down))
      let digits = Step(1, -power).times(value).fixed(min(max(0, power - exponent), 6))
      return "\(digits)e\(power)"
    }
  }
}
