#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The power of the paired t test, two-sided at 5 %.
public enum TTestPower {
  /// The power that `seeds` asks for.
  public static let target = 0.8
  /// The largest number of seeds that is looked for.
  public static let mostSeeds = 1_000_000

  /// The probability that a test of `count` pairs, at least 2, is significant.
  ///
  /// - Parameter effect: the true mean of the differences divided by their standard deviation.
  public static func power(effect: Double, count: Int) -> Double {
    precondition(count >= 2, "a t test needs two pairs")
    let degrees = Double(count - 1)
    let critical = StudentT(degrees: degrees).intervalFactor
    let shift = abs(effect) * Double(count).squareRoot()
    // T is (Z + shift) / S, where S² is chi-squared divided by its degrees: the integral over S, by Simpson's rule.
    let radius = 12 / (2 * degrees).squareRoot()
    let (first, last) = (max(0, 1 - radius), 1 + radius)
    let steps = 2_000
    let width = (last - first) / Double(steps)
    let logFactor = log(2.0) + degrees / 2 * log(degrees / 2) - logGamma(degrees / 2)
    let sum = (0...steps).reduce(0.0) { sum, step in
      let s = first + Double(step) * width
      let logPower = degrees == 1 ? 0 : (degrees - 1) * log(s)
      let density = exp(logFactor + logPower - degrees * s * s / 2)
      let significant = normalCumulative(shift - critical * s) + normalCumulative(-shift - critical * s)
      let weight = step == 0 || step == steps ? 1.0 : step % 2 == 1 ? 4 : 2
      return sum + weight * density * significant
    }
    return min(1, sum * width / 3)
  }

  /// The number of pairs, such as seeds, with which a difference is found with a power of 80 %.
  ///
  /// - Parameters:
  ///   - difference: the smallest difference that matters, not the observed one.
  ///   - deviation: the standard deviation of the differences.
  /// - Returns: at least 2; nil where more than `mostSeeds` are needed, or the difference is 0.
  public static func seeds(difference: Double, deviation: Double) -> Int? {
    guard difference != 0, difference.isFinite, deviation.isFinite else { return nil }
    if deviation <= 0 { return 2 }
    let effect = difference / deviation
    var (low, high) = (1, 2)
    while power(effect: effect, count: high) < target {
      if high >= mostSeeds { return nil }
      (low, high) = (high, min(mostSeeds, 2 * high))
    }
    while high - low > 1 {
      let middle = (low + high) / 2
      if power(effect: effect, count: middle) < target { low = middle } else { high = middle }
    }
    return high
  }
}

/// The probability that a standard normal variable is at most x.
private func normalCumulative(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
