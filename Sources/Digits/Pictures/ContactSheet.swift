/// Many images of one shape in one picture, row by row.
public struct ContactSheet: Sendable {
  /// The picture: as many channels as its images.
  public let images: Images

  /// Black pixels between two images.
  private static let gap = 2

  /// Lays out `images` in a square, or in rows of `columns`.
  public init(_ images: Images, columns: Int? = nil) {
    let columns = max(1, columns ?? Self.squareSide(images.count))
    let rows = (images.count + columns - 1) / columns
    let shape = images.shape
    let (height, width) = (
      rows * (shape.height + Self.gap) + Self.gap, columns * (shape.width + Self.gap) + Self.gap
    )
    var pixels = [UInt8](repeating: 0, count: shape.channels * height * width)
    for index in 0..<images.count {
      let image = images[index]
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let (top, left) = (
        Self.gap + row * (shape.height + Self.gap), Self.gap + column * (shape.width + Self.gap)
      )
      for line in 0..<shape.channels * shape.height {
        let (channel, y) = line.quotientAndRemainder(dividingBy: shape.height)
        let target = (channel * height + top + y) * width + left
        let source = image.startIndex + line * shape.width
        pixels.replaceSubrange(target..<target + shape.width, with: image[source..<source + shape.width])
      }
    }
    self.images = Images(
      pixels: pixels, shape: ImageShape(channels: shape.channels, height: height, width: width))
  }

  private static func squareSide(_ count: Int) -> Int {
    (1...max(1, count)).first { $0 * $0 >= count } ?? 1
  }

  /// The picture as a PGM file, or as a PPM file if it has three channels.
  public var encoded: [UInt8] {
    let shape = images.shape
    return shape.channels == 3
      ? PPM.encode(planes: images.pixels, width: shape.width, height: shape.height)
      : PGM(
        width: shape.width, height: shape.height, pixels: Array(images[0].prefix(shape.height * shape.width))
      )
      .encoded()
  }
}
