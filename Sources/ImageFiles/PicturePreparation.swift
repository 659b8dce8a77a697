import FileIO

/// How a picture of any size becomes the input of a network.
public struct PicturePreparation: Sendable {
  private let shape: ImageShape
  private let isRaw: Bool

  /// For a network that reads images of `shape`, gray or RGB.
  ///
  /// - Parameter isRaw: pictures are only scaled, the digit is not looked for.
  public init(for shape: ImageShape, isRaw: Bool) { (self.shape, self.isRaw) = (shape, isRaw) }

  /// What the network is to see of `picture`, which errors call `name`.
  ///
  /// A gray network gets the digit as MNIST's makers would have written it, and a picture in their style and of
  /// its size as it is; a colour network gets the picture, scaled. Throws `unsuitable` if a gray one is blank.
  public func prepare(_ picture: Images, name: String) throws(DataError) -> Images {
    guard shape.channels == 1 else { return picture.replicated(to: shape.channels).resized(shape) }
    guard !isRaw else { return picture.gray.resized(shape) }
    let gray = picture.shape.height * picture.shape.width == shape.size ? picture.gray : picture
    let normalizer = DigitNormalizer(width: shape.width, height: shape.height)
    if normalizer.isNormalized(gray) { return gray }
    do throws(DigitNormalizer.Blank) {
      return try normalizer.normalize(picture)
    } catch {
      throw .unsuitable(path: name, reason: error.description)
    }
  }
}

extension Images {
  /// The first image in gray.
  var gray: Images {
    if shape.channels == 1 { return self }
    let map = GrayImage(self, side: max(shape.width, shape.height))
    return Images(pixels: map.bytes, shape: ImageShape(height: shape.height, width: shape.width))
  }

  /// A gray image in as many equal channels.
  fileprivate func replicated(to channels: Int) -> Images {
    if shape.channels == channels { return self }
    return Images(
      pixels: (0..<channels).flatMap { _ in pixels },
      shape: ImageShape(channels: channels, height: shape.height, width: shape.width))
  }

  /// The image at another size, its aspect not kept.
  func resized(_ new: ImageShape) -> Images {
    if shape == new { return self }
    let plane = shape.height * shape.width
    let bytes = (0..<shape.channels).flatMap { channel in
      GrayImage(
        width: shape.width, height: shape.height,
        values: pixels[channel * plane..<(channel + 1) * plane].map { Float($0) / 255 }
      ).resized(width: new.width, height: new.height).bytes
    }
    return Images(pixels: bytes, shape: new)
  }
}

extension GrayImage {
  /// The numbers as bytes, 0 to 255.
  fileprivate var bytes: [UInt8] { values.map { UInt8(min(max($0, 0), 1) * 255 + 0.5) } }
}
