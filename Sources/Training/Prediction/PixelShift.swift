import ImageFiles

/// A shift of images by whole pixels, for test-time augmentation.
public struct PixelShift: Sendable, Equatable {
  /// The pixels to the right.
  public let x: Int
  /// The pixels down.
  public let y: Int

  /// A shift by `x` to the right and `y` down.
  public init(x: Int, y: Int) { (self.x, self.y) = (x, y) }

  /// The views of test-time augmentation: 1 is the image alone, 5 also shifts it by one pixel to each side, 9 to each
  /// corner too; nil for any other count.
  public static func views(_ count: Int) -> [PixelShift]? {
    let all = [
      (0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1),
    ].map { PixelShift(x: $0.0, y: $0.1) }
    return [1, 5, 9].contains(count) ? Array(all.prefix(count)) : nil
  }
}

extension Images {
  /// The images shifted; outside its edges an image continues with the pixels of the edge, as in augmentation.
  package func shifted(_ shift: PixelShift) -> Images {
    if shift.x == 0, shift.y == 0 { return self }
    var shifted = [UInt8]()
    shifted.reserveCapacity(pixels.count)
    for map in 0..<count * shape.channels {
      for y in 0..<shape.height {
        let row = (map * shape.height + min(max(y - shift.y, 0), shape.height - 1)) * shape.width
        for x in 0..<shape.width { shifted.append(pixels[row + min(max(x - shift.x, 0), shape.width - 1)]) }
      }
    }
    return Images(pixels: shifted, shape: shape)
  }
}
