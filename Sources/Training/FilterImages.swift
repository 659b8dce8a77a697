import Digits

extension NamedTensor {
  /// The filters of a convolution as images: one each in RGB where they have three channels, else one for each
  /// channel in gray. Zero is gray; the largest weight by magnitude, of all filters, is black or white.
  ///
  /// nil for a tensor that is not [O, C, KH, KW].
  public var filterImages: Images? {
    guard shape.count == 4, let largest = values.map(abs).max() else { return nil }
    let scale = largest > 0 ? 127.5 / largest : 0
    let pixels = values.map { UInt8(($0 * scale + 127.5).rounded()) }
    return Images(
      pixels: pixels, shape: ImageShape(channels: shape[1] == 3 ? 3 : 1, height: shape[2], width: shape[3]))
  }
}
