import ConfigDecoding
import Randomness

/// Scales an image about its centre, by the same factor in both directions.
public struct Scale: SpatialTransform {
  /// The range of the factor.
  public let factor: ClosedRange<Double>

  /// A scaling by a factor of the range.
  public init(factor: ClosedRange<Double> = 0.9...1.1) { self.factor = factor }

  /// Reads `range`.
  public init(decoding decoder: ConfigDecoder) {
    factor = decoder.value(
      "range", .range(around: 1, within: 0.1...10), default: [0.9, 1.1],
      "The factor: r for 1 - r to 1 + r, or [least, most].")
  }

  func apply(to warp: inout Warp, _ random: CounterRandom) {
    let inverse = 1 / random.uniform(in: factor, at: 1)
    warp.map.append(AffineMap(xx: inverse, yy: inverse))
  }
}
