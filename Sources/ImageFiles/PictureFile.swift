import FileIO
import Formatting

/// A picture file of any supported format, by its first bytes.
public enum PictureFile {
  /// The maximum number of pixels (64 megapixels).
  package static let pixelLimit = 64_000_000
  /// The maximum size of a file in bytes (128 MiB).
  package static let byteLimit = 1 << 27
  /// The formats, for messages: `PNG, JPEG, ... or AVIF`.
  public static let formats = "PNG, JPEG, GIF, BMP, PNM, WebP, TIFF, HEIC or AVIF"

  /// Whether a file of this format is a supported picture.
  public static func isPicture(_ signature: FileSignature?) -> Bool {
    switch signature {
    case .png, .jpeg, .gif, .bmp, .pbm, .pgm, .ppm, .webp, .tiff, .heif, .avif: true
    default: false
    }
  }

  /// The picture in `source`, to its end: gray or RGB, [1, C, H, W], upright.
  ///
  /// Throws `malformed` if it is no picture, damaged, too large, or followed by other data; `unreadable` if the library
  /// of its format is missing.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    let start = try source.peek(FileSignature.length)
    switch FileSignature(start) {
    case .png: return try PNG.decode(source)
    case .jpeg: return try JPEG.decode(source)
    case .gif: return try GIF.decode(source)
    case .bmp: return try BMP.decode(source)
    case .pbm, .pgm, .ppm: return try PNM.decode(source)
    case .webp: return try WebP.decode(source)
    case .tiff: return try TIFF.decode(source)
    case .heif, .avif: return try HEIF.decode(source)
    default:
      throw source.malformed(at: 0, "not a \(formats) picture: \(FileSignature.describe(start))")
    }
  }
}

/// Big-endian integers.
extension [UInt8] {
  /// The integer in the two bytes at `index`.
  func bigEndian16(at index: Int) -> Int { Int(self[index]) << 8 | Int(self[index + 1]) }

  /// The integer in the four bytes at `index`.
  func bigEndian32(at index: Int) -> Int { bigEndian16(at: index) << 16 | bigEndian16(at: index + 2) }
}

extension Images {
  /// One picture from interleaved pixels, [H, W, C], as codecs return them.
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
