/// A digit as MNIST's makers brought it to its size: cropped, fitted into 20x20 pixels, centred by its mass in 28x28.
public struct CenteredDigit: Equatable, Sendable {
  /// One byte per pixel, row by row, 0 paper and 255 ink.
  public let pixels: [UInt8]

  /// Anything darker is paper: the faint edge of a stroke does not widen the crop.
  private static let inkThreshold: UInt8 = 32

  /// The digit of a clean `picture`, white ink on black, for a network that reads `height` x `width`.
  ///
  /// Sizes other than 28 keep MNIST's proportions. nil where there is no ink.
  public init?(_ picture: PGM, height: Int = 28, width: Int = 28) {
    let ink = GrayImage(
      width: picture.width, height: picture.height, values: picture.pixels.map { Float($0) })
    guard let digit = ink.trimmed(from: Float(Self.inkThreshold)) else { return nil }
    pixels = digit.resized(into: DigitNormalizer.box(width: width, height: height))
      .centered(width: width, height: height).values.map { UInt8(min(255, $0.rounded())) }
  }
}
