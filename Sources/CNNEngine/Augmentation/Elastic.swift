import ConfigDecoding
import CSIMD
import Randomness

/// Bends the picture smoothly and at random, as a hand does (Simard, Steinkraus and Platt, "Best practices for
/// convolutional neural networks applied to visual document analysis", ICDAR 2003).
///
/// Simard draws a displacement from -1 to 1 for every pixel, blurs these with a Gaussian of `sigma` pixels, and
/// multiplies by `alpha`. Here they are drawn on a coarse grid only, and between its nodes they follow a cubic
/// B-spline: on a grid of √3 sigma pixels its basis are as wide as Simard's Gaussian, and the nodes' range is such
/// that displacements have the same variance. That takes 98 numbers for a digit in place of 1,568, and no blur.
struct Elastic: SpatialTransform {
  let alpha: Double
  let sigma: Double
  private var surface: DisplacementField?

  init(_ decoder: ConfigDecoder) {
    alpha = decoder.value(
      "alpha", .number(.within(0...10_000)), default: JSON(34),
      "Strength: displacements of 0.16 alpha / sigma pixels in the root mean square.")
    sigma = decoder.value(
      "sigma", .number(.within(1...1000)), default: JSON(4), "Smoothness: the width of a bump in pixels.")
  }

  func fitted(to shape: Shape) -> any SpatialTransform {
    var fitted = self
    fitted.surface = DisplacementField(shape, spacing: Float(3.squareRoot() * sigma))
    return fitted
  }

  var scratchSize: Int { surface?.scratchSize ?? 0 }

  /// The maxDisplacement displacement of a node. White noise from -1 to 1 has a variance of 1/3, blurred with a Gaussian
  /// 1 / (12 π sigma²); a B-spline leaves (151/315)² of its nodes' variance, a third of the square of this.
  private var maxDisplacement: Double { alpha / sigma * 315 / 151 / (4 * .pi).squareRoot() }

  func move(_ warp: inout Warp, _ random: CounterRandom) {
    warp.displace { surface?.add(random, maxDisplacement: Float(maxDisplacement), to: $0, $1) }
  }
}
