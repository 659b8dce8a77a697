import ImageFiles

/// How pictures become the input of a network; the raw value is the one in configs.
public enum PicturePreparation: String, CaseIterable, Sendable {
  /// The digit is found and centred, as in MNIST.
  case digit
  /// The whole picture is scaled to the size of the input.
  case scale

  /// A preprocessor of pictures for inputs of `shape`.
  public func preprocessor(for shape: ImageShape) -> DigitPreprocessor {
    DigitPreprocessor(for: shape, source: self == .digit ? .photo : .raw)
  }

  /// The preparation of pictures that suits images like these: `digit` if at least 95 % of them look like MNIST's.
  package init(suiting images: Subset) {
    guard images.count > 0, images.shape.channels == 1 else {
      self = .scale
      return
    }
    let matching = images.images.pixels.withUnsafeBufferPointer { pixels in
      let size = images.shape.size
      return images.indices.count { index in
        let image = pixels[Int(index) * size..<(Int(index) + 1) * size]
        return Self.looksLikeMNIST(UnsafeBufferPointer(rebasing: image), images.shape)
      }
    }
    self = matching * 20 >= images.count * 19 ? .digit : .scale
  }

  /// Whether a gray image is bright on black, as `DigitPreprocessor` tests it to keep it as it is: more than half of
  /// its pixels and the mean of its border are black, and something is bright.
  private static func looksLikeMNIST(_ pixels: UnsafeBufferPointer<UInt8>, _ shape: ImageShape) -> Bool {
    let black = 16
    var (dark, brightest) = (0, UInt8(0))
    for pixel in pixels {
      if pixel <= black { dark += 1 }
      brightest = max(brightest, pixel)
    }
    guard dark > pixels.count / 2, brightest >= 128 else { return false }
    let border = borderSum(pixels, shape)
    return border.sum <= black * border.count
  }

  /// The sum of the pixels along the four edges of a gray image, and their number.
  static func borderSum(
    _ pixels: UnsafeBufferPointer<UInt8>, _ shape: ImageShape
  ) -> (sum: Int, count: Int) {
    var (sum, count) = (0, 0)
    for row in 0..<shape.height {
      let isEdge = row == 0 || row == shape.height - 1
      for column in stride(from: 0, to: shape.width, by: isEdge ? 1 : max(1, shape.width - 1)) {
        sum += Int(pixels[row * shape.width + column])
        count += 1
      }
    }
    return (sum, count)
  }
}
