import Formatting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The distance between ticks: 1, 2 or 5 times a power of ten.
struct TickStep {
  /// 1, 2 or 5.
  private(set) var mantissa: Int
  /// The power of ten.
  private(set) var exponent: Int

  private init(_ mantissa: Int, _ exponent: Int) { (self.mantissa, self.exponent) = (mantissa, exponent) }

  /// The largest step that is at most `value`, which is positive.
  init(atMost value: Double) {
    self.init(1, Int(clamping: log10(value).rounded(.down)) - 1)
    while next.size <= value { self = next }
  }

  /// The smallest step that is at least `value`, which is positive.
  init(atLeast value: Double) {
    self.init(1, Int(clamping: log10(value).rounded(.down)) - 1)
    while size < value { self = next }
  }

  /// The next larger step.
  var next: TickStep {
    switch mantissa {
    case 1: TickStep(2, exponent)
    case 2: TickStep(5, exponent)
    default: TickStep(1, exponent + 1)
    }
  }

  /// The step as a number.
  var size: Double { times(1) }

  /// A multiple of the step; a negative power of ten divides, so that 3 x 0.1 is the Double nearest to 0.3.
  func times(_ count: Double) -> Double {
    let product = count * Double(mantissa)
    return exponent < 0 ? product / pow(10, Double(-exponent)) : product * pow(10, Double(exponent))
  }

  /// A formatter for multiples of the step: one notation for all `ticks`, with an exponent where the numbers are long.
  func label(among ticks: [Double]) -> (Double) -> String {
    let largest = ticks.map(abs).max() ?? 0
    guard largest >= 1e6 || exponent < -5 else {
      return { [exponent] value in exponent < 0 ? value.fixed(-exponent) : Int(clamping: value).grouped }
    }
    return { [exponent] value in
      if value == 0 { return "0" }
      let power = Int(clamping: log10(abs(value) * (1 + 1e-12)).rounded(.down))
      let digits = TickStep(1, -power).times(value).fixed(min(max(0, power - exponent), 6))
      return "\(digits)e\(power)"
    }
  }
}
