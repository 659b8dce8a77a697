import FileIO
import Formatting

/// Converts pictures to the input of a network, as MNIST was made: the digit is cropped, fitted into 20x20 pixels and
/// centred by its mass in 28x28, white on black; other sizes are in proportion.
public struct DigitPreprocessor: Sendable {
  /// What is known of the pictures, which decides how the digit is found.
  public enum Source: Sendable {
    /// Photos and scans: dark ink on bright paper or the reverse, with uneven light, ruled lines and noise.
    case photo
    /// Drawings: white ink on black, without noise.
    case drawing
    /// Pictures that are only resized.
    case raw
  }

  private let shape: ImageShape
  private let source: Source

  /// MNIST's strokes are at least this many pixels wide, in a box of 20 pixels.
  private static let minimumStrokeWidth: Float = 2
  /// Darker pixels of a drawing are background: the faint edge of a stroke does not widen the crop.
  private static let drawingThreshold: Float = 32 / 255

  /// A preprocessor for a network with inputs of `shape`, gray or RGB.
  public init(for shape: ImageShape, source: Source) { (self.shape, self.source) = (shape, source) }

  /// The input for `picture`, an image of any size, gray or RGB, called `name` in errors: one image of the shape.
  ///
  /// A photo that is in MNIST's style already is kept as it is, and for a network that reads RGB the whole photo is
  /// resized. Throws `unsuitable` if there is no digit.
  public func prepare(_ picture: Images, name: String) throws(DataError) -> Images {
    switch source {
    case .raw: return resized(picture)
    case .photo:
      if shape.channels > 1 { return resized(picture) }
      let gray = picture.shape.height * picture.shape.width == shape.size ? picture.gray : picture
      if gray.count == 1, gray.shape == shape, Self.isNormalized(gray[0], shape) { return gray }
      do throws(DigitExtractor.Failure) {
        return normalized(try DigitExtractor.digit(in: picture))
      } catch {
        throw .unsuitable(path: name, reason: error.description)
      }
    case .drawing:
      let drawing = GrayImage(picture, side: max(picture.shape.width, picture.shape.height))
      guard let digit = drawing.trimmed(from: Self.drawingThreshold) else {
        throw .unsuitable(path: name, reason: "nothing is drawn")
      }
      return normalized(digit)
    }
  }

  /// The whole picture at the size of the input.
  private func resized(_ picture: Images) -> Images { picture.scaled(to: shape) }

  /// Whether an image, [C, H, W], is in MNIST's style already: gray, bright on black.
  static func isNormalized(_ pixels: ArraySlice<UInt8>, _ shape: ImageShape) -> Bool {
    guard shape.channels == 1 else { return false }
    let (black, bright) = (UInt8(16), UInt8(128))
    let (first, last) = (pixels.startIndex, pixels.endIndex - 1)
    var (dark, border, sum, hasInk) = (0, 0, 0, false)
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        let value = pixels[first + row * shape.width + column]
        if value <= black { dark += 1 }
        if value >= bright { hasInk = true }
        guard row == 0 || column == 0 || row == shape.height - 1 || column == shape.width - 1 else {
          continue
        }
        border += 1
        sum += Int(value)
      }
    }
    return hasInk && dark > min(shape.size / 2, last - first) && sum <= Int(black) * border
  }

  /// The input for a cropped digit, ink from 0 to 1: thickened where its strokes are too thin, fitted into the box,
  /// centred by its mass, its brightest pixel white.
  private func normalized(_ digit: GrayImage) -> Images {
    let box = max(1, (min(shape.width, shape.height) * 20 + 14) / 28)
    let large = digit.resized(into: min(max(digit.width, digit.height), 8 * box))
    let image = Self.thickened(large).resized(into: box).centered(width: shape.width, height: shape.height)
    let brightest = max(image.values.reduce(0, max), 1e-6)
    let pixels = image.values.map { UInt8(clamping: $0 / brightest * 255 + 0.5) }
    return Images(pixels: pixels, shape: ImageShape(height: shape.height, width: shape.width))
      .replicated(to: shape.channels)
  }

  /// The digit with strokes of at least MNIST's width in proportion to its size.
  private static func thickened(_ digit: GrayImage) -> GrayImage {
    let missing = minimumStrokeWidth / 20 * Float(max(digit.width, digit.height)) - digit.strokeWidth
    let radius = Int(clamping: (missing / 2).rounded())
    return radius < 1 ? digit : digit.padded(radius).dilated(radius: radius)
  }
}
