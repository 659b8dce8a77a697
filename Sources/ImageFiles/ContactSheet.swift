/// Many images of one shape in one picture, row by row.
public struct ContactSheet: Sendable {
  /// The picture: as many channels as its images.
  public let images: Images

  /// Black pixels between two images.
  private static let gap = 2
  /// The shade of captions: they stand back behind the images.
  private static let captionShade: UInt8 = 160

  /// Lays out `images` in a square, or in rows of `columns`.
  ///
  /// - Parameter captions: a word below each image, as far as it fits.
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
        let place = (top + shape.height + 1 + y) * width + left + indent + x
        for channel in 0..<shape.channels { pixels[channel * height * width + place] = Self.captionShade }
      }
    }
    self.images = Images(
      pixels: pixels, shape: ImageShape(channels: shape.channels, height: height, width: width))
  }

  private static func squareSide(_ count: Int) -> Int {
    (1...max(1, count)).first { $0 * $0 >= count } ?? 1
  }

  /// The picture, if it is small, with every pixel as a square that makes it up to `width` wide.
  public func enlarged(toWidth width: Int) -> Images {
    images.enlarged(by: max(1, min(8, width / images.shape.width)))
  }
}
