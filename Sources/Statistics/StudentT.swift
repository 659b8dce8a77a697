/// Student's t distribution with a number of degrees of freedom.
public struct StudentT: Sendable {
  /// The degrees of freedom, positive.
  public let degrees: Double

  /// The distribution with `degrees` of freedom, which must be positive.
  public init(degrees: Double) {
    precondition(degrees > 0, "degrees of freedom must be positive")
    self.degrees = degrees
  }

  /// The probability that |T| exceeds |t|: the two-sided p value of t.
  public func twoSided(_ t: Double) -> Double {
    let square = t * t
    if square.isInfinite { return 0 }
    return regularizedBeta(
      degrees / (degrees + square), degrees / 2, 0.5, complement: square / (degrees + square))
  }

  /// The probability that T is at most t.
  public func cumulative(_ t: Double) -> Double {
    let tail = twoSided(t) / 2
    return t > 0 ? 1 - tail : tail
  }

  /// The t that |T| exceeds with probability `p`, which lies in (0, 1]: 2.776 for 4 degrees and 0.05.
  public func critical(_ p: Double) -> Double {
    precondition(p > 0 && p <= 1, "a probability above 0 and up to 1")
    var (low, high) = (0.0, 1.0)
    while twoSided(high) > p { (low, high) = (high, 2 * high) }
    while true {
      let middle = (low + high) / 2
      if middle <= low || middle >= high { return middle }
      if twoSided(middle) > p { low = middle } else { high = middle }
    }
  }

  /// The t below which T lies with probability `p`, which lies in (0, 1).
  public func quantile(_ p: Double) -> Double {
    p < 0.5 ? -critical(2 * p) : critical(2 * (1 - p))
  }

  /// The factor of a standard error that makes a 95 % interval: 1.96 for many degrees.
  var intervalFactor: Double { critical(1 - Interval.confidence) }
}
