import Formatting
import ImageFiles

extension NamedTensor {
  /// The filters of a convolution as images: RGB images of filters with three channels, else one gray image per filter
  /// and channel. Zero is gray; the largest magnitude of all weights is black or white.
  ///
  /// nil for a tensor that is not [out, in, kh, kw].
  public var filterImages: Images? { filterImages(largest: largestMagnitude) }

  /// The largest magnitude of the elements.
  public var largestMagnitude: Float { values.map(abs).max() ?? 0 }

  /// The filters as images on a scale that can be shared by several tensors: `largest` is black or white.
  ///
  /// - Parameter largest: a magnitude that no element exceeds.
  public func filterImages(largest: Float) -> Images? {
    guard shape.count == 4, !values.isEmpty else { return nil }
    // In Double, which holds the quotient for the smallest weights, too.
    let scale = largest > 0 ? 127.5 / Double(largest) : 0
    let pixels = values.map { UInt8(clamping: (Double($0) * scale + 127.5).rounded()) }
    return Images(
      pixels: pixels, shape: ImageShape(channels: shape[1] == 3 ? 3 : 1, height: shape[2], width: shape[3]))
  }
}
