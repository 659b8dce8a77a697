/// Images of one shape arranged in a grid.
public struct ContactSheet: Sendable {
  /// The sheet, one image, with the channels of the images on it.
  public let images: Images

  /// The black pixels between two images.
  private static let gap = 2
  /// The shade of captions, less bright than the images.
  private static let captionShade: UInt8 = 160

  /// Arranges `images` in a square, or in rows of `columns`.
  ///
  /// - Parameter captions: the text below each image, cut to its width.
  public init(_ images: Images, columns: Int? = nil, captions: [String]? = nil) {
    let columns = max(1, columns ?? Self.squareSide(images.count))
    let rows = (images.count + columns - 1) / columns
    let shape = images.shape
    let captionHeight = captions == nil ? 0 : PixelFont.height + 1
    let (cellHeight, cellWidth) = (shape.height + captionHeight + Self.gap, shape.width + Self.gap)
    let (height, width) = (rows * cellHeight + Self.gap, columns * cellWidth + Self.gap)
    var pixels = [UInt8](repeating: 0, count: shape.channels * height * width)
    for index in 0..<images.count {
      let image = images[index]
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let (top, left) = (Self.gap + row * cellHeight, Self.gap + column * cellWidth)
      for line in 0..<shape.channels * shape.height {
        let (channel, y) = line.quotientAndRemainder(dividingBy: shape.height)
        let target = (channel * height + top + y) * width + left
        let source = image.startIndex + line * shape.width
        pixels.replaceSubrange(target..<target + shape.width, with: image[source..<source + shape.width])
      }
      guard let captions, captions.indices.contains(index) else { continue }
      let caption = String(captions[index].prefix((shape.width + 1) / PixelFont.advance))
      let indent = (shape.width - (caption.count * PixelFont.advance - 1)) / 2
      for (y, x) in PixelFont.ink(caption) {
        let position = (top + shape.height + 1 + y) * width + left + indent + x
        for channel in 0..<shape.channels { pixels[channel * height * width + position] = Self.captionShade }
      }
    }
    self.images = Images(
      pixels: pixels, shape: ImageShape(channels: shape.channels, height: height, width: width))
  }

  private static func squareSide(_ count: Int) -> Int {
    (1...max(1, count)).first { $0 * $0 >= count } ?? 1
  }

  /// The sheet enlarged by an integer factor of at most 8, up to a width of `width` pixels.
  public func enlarged(toWidth width: Int) -> Images {
    images.enlarged(by: max(1, min(8, width / images.shape.width)))
  }
}
