import CPNG
import FileIO
import Formatting

/// Whether pictures of a format can be read on this computer: some need a library that is loaded when it is there.
public struct PictureSupport: Sendable, CustomStringConvertible {
  /// The format: `WebP`.
  public let format: String
  /// Whether pictures of the format can be read.
  public let isAvailable: Bool
  /// What reads it, or what to install: `libwebp 1.2.4`, `missing; apt install libwebp7`.
  public let details: String

  /// All formats that are read, which loads their libraries.
  public static var all: [PictureSupport] {
    [
      PictureSupport("PNG", by: "libpng \(String(cString: png_get_libpng_ver(nil)))"),
      PictureSupport("JPEG", by: "libjpeg-turbo"),
      PictureSupport("GIF", by: "built in"),
      PictureSupport("BMP", by: "built in"),
      PictureSupport("PNM", by: "built in"),
      PictureSupport("WebP", by: .webp),
      PictureSupport("TIFF", by: .tiff),
      PictureSupport("HEIC", by: .heif, needs: .heif),
      PictureSupport("AVIF", by: .heif, needs: .avif),
    ]
  }

  /// One line: `WebP   libwebp 1.2.4`.
  public var description: String { "\(format.padded(right: 5))\(details)" }

  private init(_ format: String, by details: String) {
    (self.format, isAvailable, self.details) = (format, true, details)
  }

  private init(_ format: String, by library: PictureLibrary, needs signature: FileSignature? = nil) {
    self.format = format
    guard let version = library.version else {
      (isAvailable, details) = (false, "missing; \(library.installation)")
      return
    }
    let missing = PictureLibrary.missingDecoder(for: signature)
    (isAvailable, details) = (missing == nil, missing ?? "\(library.name) \(version)")
  }
}
