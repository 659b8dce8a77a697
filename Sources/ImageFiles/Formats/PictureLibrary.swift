import CPictureLibraries
import FileIO
import Formatting

/// A library for pictures that is loaded when the first of them needs it.
package enum PictureLibrary: CaseIterable, Sendable {
  case webp, tiff, heif

  /// `libwebp`.
  package var name: String {
    switch self {
    case .webp: "libwebp"
    case .tiff: "libtiff"
    case .heif: "libheif"
    }
  }

  /// The formats that it reads.
  package var formats: String {
    switch self {
    case .webp: "WebP"
    case .tiff: "TIFF"
    case .heif: "HEIC and AVIF"
    }
  }

  /// How it is installed.
  package var installation: String {
    #if canImport(Darwin)
      switch self {
      case .webp: "brew install webp"
      case .tiff: "brew install libtiff"
      case .heif: "brew install libheif"
      }
    #else
      switch self {
      case .webp: "apt install libwebp7"
      case .tiff: "apt install libtiff6"
      case .heif: "apt install libheif1"
      }
    #endif
  }

  /// The loader's message if the library is not there.
  package var loadError: String? {
    let message =
      switch self {
      case .webp: webp_load_error()
      case .tiff: tiff_load_error()
      case .heif: heif_load_error()
      }
    return message.map { String(cString: $0).oneLine }
  }

  /// Its version, nil if it is not there.
  var version: String? {
    let version =
      switch self {
      case .webp: webp_version()
      case .tiff: tiff_version()
      case .heif: heif_version()
      }
    return version.map { String(cString: $0).oneLine }
  }

  /// What is missing to decode a HEIC or AVIF picture where libheif's decoders are plug-ins; nil if nothing is.
  static func missingDecoder(for signature: FileSignature?) -> String? {
    switch signature {
    case .heif where !heif_decodes_hevc():
      "this libheif has no decoder for HEIC (apt install libheif-plugin-libde265)"
    case .avif where !heif_decodes_av1():
      "this libheif has no decoder for AVIF (apt install libheif-plugin-dav1d)"
    default: nil
    }
  }

  /// Throws `unreadable` if the picture at `path` cannot be read because the library is not there.
  func require(for path: String) throws(DataError) {
    if let loadError { throw .unreadable(path: path, reason: absence(loadError)) }
  }

  /// What to do where the loader said `message`.
  package func absence(_ message: String) -> String {
    "\(formats) pictures are read with \(name), which could not be loaded (\(message)); "
      + "install it (\(installation)) or save the picture as PNG"
  }

  /// A message of the library for a user, from the memory of a C structure.
  func fault(_ message: String) -> PictureFault {
    PictureFault("\(name): \(message.isEmpty ? "the picture is damaged" : message.oneLine)", at: 0)
  }
}

/// The text in a C array of characters, to its zero byte.
func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
