/// Student's t test of whether a mean is 0; of differences, the paired t test.
public struct TTest: Sendable, Equatable {
  /// Why there is no test.
  public enum Fault: Error, Sendable {
    /// Fewer than two values have no deviation.
    case tooFewValues
    /// All values are equal: their deviation is 0.
    case noDeviation
  }

  /// The mean divided by its standard error.
  public let statistic: Double
  /// The degrees of freedom.
  public let degrees: Double
  /// The two-sided p value.
  public let p: Double
  /// The 95 % interval of the mean.
  public let interval: Interval

  /// The test of a sample.
  ///
  /// - Parameter testRatio: for folds of one data set, the number of test images divided by that of training images.
  ///   Their training sets overlap, so the variance of the mean is (1/J + ratio) s² (Nadeau and Bengio 2003); 0 for
  ///   values that are independent.
  /// - Throws: `Fault`.
  public init(_ sample: Sample, testRatio: Double = 0) throws(Fault) {
    guard let deviation = sample.deviation else { throw .tooFewValues }
    guard deviation > 0 else { throw .noDeviation }
    let distribution = StudentT(degrees: Double(sample.count - 1))
    let error = deviation * (1 / Double(sample.count) + max(0, testRatio)).squareRoot()
    degrees = distribution.degrees
    statistic = sample.mean / error
    p = distribution.twoSided(statistic)
    interval = Interval(center: sample.mean, radius: distribution.intervalFactor * error)
  }
}
