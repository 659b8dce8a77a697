/// The number, mean and standard deviation of some values, such as the accuracy of each seed.
public struct Sample: Sendable, Equatable {
  /// The number of values, at least 1.
  public let count: Int
  /// Their mean.
  public let mean: Double
  /// Their standard deviation, with n - 1 in the denominator; nil of a single value.
  public let deviation: Double?

  /// The sample of these values; nil where there are none, or one is not finite.
  ///
  /// - Parameter scale: the size of the numbers whose differences the values are; by default that of the values.
  ///   A deviation of its rounding errors counts as 0.
  public init?(_ values: some Collection<Double>, scale: Double? = nil) {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      deviation = nil
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / Double(values.count - 1)).squareRoot()
    let scale = scale ?? values.reduce(0) { max($0, $1.magnitude) }
    self.deviation = deviation <= 1e-12 * scale ? 0 : deviation
  }

  /// The differences a - b of values that belong together, in the same order; nil as for any sample.
  public init?(differences a: [Double], _ b: [Double]) {
    let scale = (a + b).reduce(0) { max($0, $1.magnitude) }
    self.init(zip(a, b).map { $0 - $1 }, scale: scale)
  }

  /// The standard error of the mean; nil of a single value.
  public var standardError: Double? { deviation.map { $0 / Double(count).squareRoot() } }

  /// The 95 % interval of the mean, by Student's t; nil of a single value, or where all values are equal.
  public var interval: Interval? { (try? TTest(self))?.interval }
}
