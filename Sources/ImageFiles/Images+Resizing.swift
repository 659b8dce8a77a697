import Formatting

extension Images {
  /// The first image in gray.
  var gray: Images {
    if shape.channels == 1 { return self }
    let image = GrayImage(self, side: max(shape.width, shape.height))
    return Images(pixels: image.bytes, shape: ImageShape(height: shape.height, width: shape.width))
  }

  /// A gray image with as many equal channels; an image that has them already as it is.
  func replicated(to channels: Int) -> Images {
    if shape.channels == channels { return self }
    return Images(
      pixels: (0..<channels).flatMap { _ in pixels },
      shape: ImageShape(channels: channels, height: shape.height, width: shape.width))
  }
}

extension GrayImage {
  /// The pixels as bytes, 0 to 255.
  fileprivate var bytes: [UInt8] { values.map { UInt8(clamping: min(max($0, 0), 1) * 255 + 0.5) } }
}
