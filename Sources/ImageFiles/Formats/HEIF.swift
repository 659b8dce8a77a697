import CPictureLibraries
import FileIO

/// HEIC, which phones save, and AVIF, decoded by libheif.
public enum HEIF {
  /// The main picture in `source`: RGB, upright by its own transforms, alpha as for PNG.
  ///
  /// Throws `unreadable` if libheif is missing, `malformed` if it is no HEIF picture, damaged, too large, or coded in
  /// a way that the library was built without.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    try PictureLibrary.heif.require(for: source.name)
    return try PictureFile.decode(source, by: decode)
  }

  private static func decode(_ file: [UInt8]) throws(PictureFault) -> Images {
    let signature = FileSignature(file)
    guard signature == .heif || signature == .avif else {
      throw PictureFault("not HEIC or AVIF: \(FileSignature.describe(file))", at: 0)
    }
    let picture = UnsafeMutablePointer<heif_picture>.allocate(capacity: 1)
    defer { picture.deallocate() }
    picture.initialize(to: heif_picture())
    return try file.withUnsafeBufferPointer { (bytes) throws(PictureFault) in
      func fault() -> PictureFault { PictureLibrary.heif.fault(text(picture.pointee.message)) }
      guard heif_open(picture, bytes.baseAddress, bytes.count) else { throw fault() }
      defer { heif_close(picture) }
      func check() throws(PictureFault) {
        try PictureFile.check(width: Int(picture.pointee.width), height: Int(picture.pointee.height), at: 0)
      }
      try check()
      guard heif_decode(picture) else {
        throw PictureLibrary.missingDecoder(for: signature).map { PictureFault($0, at: 0) } ?? fault()
      }
      try check()
      return pixels(of: picture)
    }
  }

  private static func pixels(of picture: UnsafeMutablePointer<heif_picture>) -> Images {
    let shape = ImageShape(
      channels: 3, height: Int(picture.pointee.height), width: Int(picture.pointee.width))
    let hasAlpha = picture.pointee.has_alpha
    let rowBytes = (hasAlpha ? 4 : 3) * shape.width
    let pixels = [UInt8](unsafeUninitializedCapacity: rowBytes * shape.height) { pixels, initialized in
      for row in 0..<shape.height {
        heif_copy_row(picture, Int32(row), pixels.baseAddress.map { $0 + row * rowBytes })
      }
      initialized = rowBytes * shape.height
    }
    return hasAlpha
      ? Images(
        interleaved: pixels, withAlphaBeside: shape, isPremultiplied: picture.pointee.is_premultiplied)
      : Images(interleaved: pixels, shape: shape)
  }
}
