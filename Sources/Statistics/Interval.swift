/// A range of numbers, such as a 95 % confidence interval.
public struct Interval: Sendable, Equatable {
  /// Its lower end.
  public let low: Double
  /// Its upper end.
  public let high: Double

  /// The range from `low` to `high`.
  public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

  /// The range of `radius` around `center`.
  init(center: Double, radius: Double) { self.init(low: center - radius, high: center + radius) }

  /// The confidence of every interval, and 1 minus the level of every test.
  public static let confidence = 0.95
}
