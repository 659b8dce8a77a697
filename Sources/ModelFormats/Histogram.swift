/// How many of some numbers lie where, in buckets of one width from the smallest to the largest.
public struct Histogram: Sendable, Equatable {
  /// The smallest number; 0 of none.
  public let minimum: Double
  /// The largest number; 0 of none.
  public let maximum: Double
  /// How many there are.
  public let count: Int
  /// Their sum.
  public let sum: Double
  /// The sum of their squares.
  public let sumOfSquares: Double
  /// The upper ends of the buckets, ascending; the last one is `maximum`.
  public let limits: [Double]
  /// How many numbers lie in each bucket.
  public let counts: [Int]

  /// Counts `values`, which are finite; numbers that are all the same share one bucket.
  public init(_ values: [Float], buckets: Int = 64) {
    let (minimum, maximum) = (Double(values.min() ?? 0), Double(values.max() ?? 0))
    let buckets = minimum < maximum ? buckets : 1
    let width = (maximum - minimum) / Double(buckets)
    var (sum, sumOfSquares) = (0.0, 0.0)
    var counts = [Int](repeating: 0, count: buckets)
    for value in values {
      let value = Double(value)
      sum += value
      sumOfSquares += value * value
      counts[width > 0 ? min(Int((value - minimum) / width), buckets - 1) : 0] += 1
    }
    (self.minimum, self.maximum, count) = (minimum, maximum, values.count)
    (self.sum, self.sumOfSquares, self.counts) = (sum, sumOfSquares, counts)
    limits = (1...buckets).map { $0 == buckets ? maximum : minimum + width * Double($0) }
  }
}
