import Formatting

/// TensorBoard's histogram: the counts of values in buckets of equal width from the minimum to the maximum.
public struct Histogram: Sendable, Equatable {
  /// The smallest value; 0 without values.
  public let minimum: Double
  /// The largest value; 0 without values.
  public let maximum: Double
  /// The number of values.
  public let count: Int
  /// The sum of the values.
  public let sum: Double
  /// The sum of the squares of the values.
  public let sumOfSquares: Double
  /// The upper limits of the buckets, ascending; the last one is `maximum`.
  public let limits: [Double]
  /// The number of values in each bucket.
  public let counts: [Int]

  /// The histogram of the finite ones of `values`; if all are equal, or there are none, it has one bucket.
  public init(_ values: [Float], buckets: Int = 64) {
    let values = values.filter(\.isFinite)
    let (minimum, maximum) = (Double(values.min() ?? 0), Double(values.max() ?? 0))
    let buckets = minimum < maximum ? buckets : 1
    let width = (maximum - minimum) / Double(buckets)
    var (sum, sumOfSquares) = (0.0, 0.0)
    var counts = [Int](repeating: 0, count: buckets)
    for value in values {
      let value = Double(value)
      sum += value
      sumOfSquares += value * value
      counts[width > 0 ? min(Int(clamping: (value - minimum) / width), buckets - 1) : 0] += 1
    }
    (self.minimum, self.maximum, count) = (minimum, maximum, values.count)
    (self.sum, self.sumOfSquares, self.counts) = (sum, sumOfSquares, counts)
    limits = (1...buckets).map { $0 == buckets ? maximum : minimum + width * Double($0) }
  }
}
