/// The shape of one image, [C, H, W].
public struct ImageShape: Hashable, Sendable, CustomStringConvertible {
  /// 1 for gray, 3 for RGB.
  public let channels: Int
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int

  /// A shape [channels, height, width].
  public init(channels: Int = 1, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// The number of values of one image, which is its size in bytes.
  public var size: Int { channels * height * width }

  /// `1x28x28`.
  public var description: String { "\(channels)x\(height)x\(width)" }
}

/// Images of one shape as bytes, [N, C, H, W].
public struct Images: Sendable, Equatable {
  /// The bytes of all images, [N, C, H, W].
  public let pixels: [UInt8]
  /// The shape of each image.
  public let shape: ImageShape
  /// The number of images.
  public let count: Int

  /// Images over `pixels`, whose count must be a multiple of the size of the shape.
  public init(pixels: [UInt8], shape: ImageShape) {
    precondition(shape.size > 0 && pixels.count.isMultiple(of: shape.size), "pixels do not fill whole images")
    self.pixels = pixels
    self.shape = shape
    count = pixels.count / shape.size
  }

  /// The bytes of image `index`, [C, H, W].
  public subscript(index: Int) -> ArraySlice<UInt8> {
    pixels[index * shape.size..<(index + 1) * shape.size]
  }

  /// Image `index` alone.
  public func image(at index: Int) -> Images { Images(pixels: Array(self[index]), shape: shape) }
}
