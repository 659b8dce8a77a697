import ImageFiles

extension NamedTensor {
  /// The filters of a convolution as images: one each in RGB where they have three channels, else one for each
  /// channel in gray. Zero is gray; the largest weight by magnitude, of all filters, is black or white.
  ///
  /// nil for a tensor that is not [O, C, KH, KW].
  public var filterImages: Images? { filterImages(largest: largestMagnitude) }

  /// The largest of the numbers by magnitude.
  public var largestMagnitude: Float { values.map(abs).max() ?? 0 }

  /// The filters as above, but with black or white for weights of `largest`, which none exceeds; so those of two
  /// tensors can be compared.
  public func filterImages(largest: Float) -> Images? {
    guard shape.count == 4, !values.isEmpty else { return nil }
    let scale = largest > 0 ? 127.5 / largest : 0
    let pixels = values.map { UInt8(($0 * scale + 127.5).rounded()) }
    return Images(
      pixels: pixels, shape: ImageShape(channels: shape[1] == 3 ? 3 : 1, height: shape[2], width: shape[3]))
  }
}
