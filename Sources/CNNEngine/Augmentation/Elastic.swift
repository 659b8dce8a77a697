import ConfigDecoding
import CSIMD
import Randomness

/// Distorts an image smoothly and at random, like handwriting varies (Simard, Steinkraus and Platt, "Best practices for
/// convolutional neural networks applied to visual document analysis", ICDAR 2003).
///
/// Simard samples a displacement from -1 to 1 for every pixel, blurs these with a Gaussian of `sigma` pixels, and
/// multiplies by `alpha`. Here displacements are sampled on a coarse grid and interpolated by cubic B-splines: with nodes
/// √3 sigma pixels apart a spline is as wide as Simard's Gaussian, and the nodes' range gives displacements the same
/// variance. That takes 98 random numbers for a digit instead of 1,568, and no blur.
public struct Elastic: SpatialTransform {
  /// The strength: displacements of 0.16 alpha / sigma pixels in the root mean square.
  public let alpha: Double
  /// The smoothness in pixels.
  public let sigma: Double
  private var field: DisplacementField?

  /// A distortion with Simard's parameters.
  public init(alpha: Double = 34, sigma: Double = 4) { (self.alpha, self.sigma) = (alpha, sigma) }

  /// Reads `alpha` and `sigma`.
  public init(decoding decoder: ConfigDecoder) {
    alpha = decoder.value(
      "alpha", .number(.within(0...10_000)), default: JSON(34),
      "Strength: displacements of 0.16 alpha / sigma pixels in the root mean square.")
    sigma = decoder.value(
      "sigma", .number(.within(1...1000)), default: JSON(4), "Smoothness: the width of a bump in pixels.")
  }

  func prepared(for shape: Shape) -> any SpatialTransform {
    var prepared = self
    prepared.field = DisplacementField(shape, spacing: Float(3.squareRoot() * sigma))
    return prepared
  }

  var scratchSize: Int { field?.scratchSize ?? 0 }

  /// The largest displacement of a node. White noise from -1 to 1 has a variance of 1/3, blurred with a Gaussian
  /// 1 / (12 π sigma²); a B-spline leaves (151/315)² of its nodes' variance, a third of the square of this.
  private var maxDisplacement: Double { alpha / sigma * 315 / 151 / (4 * .pi).squareRoot() }

  func apply(to warp: inout Warp, _ random: CounterRandom) {
    warp.displace { field?.add(random, maxDisplacement: Float(maxDisplacement), to: $0, $1) }
  }
}
