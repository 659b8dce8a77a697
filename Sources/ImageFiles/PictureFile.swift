import FileIO
import Formatting

/// A picture in a file of any kind that is read: PNG, JPEG or PGM, known by its first bytes.
public enum PictureFile {
  /// Larger pictures are refused (64 megapixels).
  package static let pixelLimit = PGM.pixelLimit
  /// Longer files are refused (128 MiB).
  package static let byteLimit = 1 << 27

  /// Whether a file of this kind is a picture.
  public static func isPicture(_ signature: FileSignature?) -> Bool {
    switch signature {
    case .png, .jpeg, .pgm: true
    default: false
    }
  }

  /// The one picture `source` holds, to its end: gray or RGB, [1, C, H, W], the right way up.
  ///
  /// Throws `malformed` if it is no picture, a damaged one, too large, or followed by something else.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    let start = try source.peek(FileSignature.length)
    switch FileSignature(start) {
    case .png:
      return try PNG.decode(source)
    case .jpeg:
      return try JPEG.decode(source)
    case .pgm:
      let picture = try PGM(parsing: source)
      return Images(pixels: picture.pixels, shape: ImageShape(height: picture.height, width: picture.width))
    default:
      throw source.malformed(at: 0, "not a PNG, JPEG or PGM picture: \(FileSignature.describe(start))")
    }
  }

  /// Throws unless a picture has pixels, and not too many.
  ///
  /// - Parameters:
  ///   - byte: where the file says its size.
  static func check(
    width: Int, height: Int, at byte: Int, in source: borrowing ByteSource
  ) throws(DataError) {
    guard width > 0, height > 0 else { throw source.malformed(at: byte, "\(width)x\(height): no pixels") }
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= pixelLimit else {
      throw source.malformed(at: byte, "\(width)x\(height): more than \(pixelLimit.grouped) pixels")
    }
  }
}

/// Big-endian numbers in a file's bytes.
extension [UInt8] {
  /// The number in two bytes at `index`.
  func bigEndian16(at index: Int) -> Int { Int(self[index]) << 8 | Int(self[index + 1]) }

  /// The number in four bytes at `index`.
  func bigEndian32(at index: Int) -> Int { bigEndian16(at: index) << 16 | bigEndian16(at: index + 2) }
}

extension Images {
  /// One picture whose channels lie side by side, [H, W, C], as the codecs give it.
  init(interleaved pixels: [UInt8], shape: ImageShape) {
    guard shape.channels > 1 else {
      self.init(pixels: pixels, shape: shape)
      return
    }
    let (channels, count) = (shape.channels, shape.height * shape.width)
    let planes = [UInt8](unsafeUninitializedCapacity: shape.size) { planes, initialized in
      for channel in 0..<channels {
        for pixel in 0..<count { planes[channel * count + pixel] = pixels[pixel * channels + channel] }
      }
      initialized = shape.size
    }
    self.init(pixels: planes, shape: shape)
  }
}
