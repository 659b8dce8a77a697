/// A count among a number of trials, such as the correctly classified images of a test set.
public struct Proportion: Sendable, Equatable {
  /// The number of successes, at most `trials`.
  public let successes: Int
  /// The number of trials.
  public let trials: Int

  /// `successes` of `trials`.
  public init(_ successes: Int, of trials: Int) {
    precondition(0...max(0, trials) ~= successes, "more successes than trials")
    (self.successes, self.trials) = (successes, trials)
  }

  /// The quantile 0.975 of the normal distribution.
  private static let z = 1.959963984540054

  /// The 95 % interval of the probability of success, by Wilson's method (1927); nil without trials.
  public var interval: Interval? {
    guard trials > 0 else { return nil }
    let n = Double(trials)
    let p = Double(successes) / n
    let square = Self.z * Self.z / n
    let center = (p + square / 2) / (1 + square)
    let radius = Self.z * (p * (1 - p) / n + square / (4 * n)).squareRoot() / (1 + square)
    // Rounding must not cut off what is certainly possible.
    return Interval(
      low: successes == 0 ? 0 : center - radius, high: successes == trials ? 1 : center + radius)
  }
}
