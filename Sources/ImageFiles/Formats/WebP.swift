import CPictureLibraries
import FileIO
import Formatting

/// The WebP format, decoded by libwebp.
public enum WebP {
  /// The picture in `source`: RGB, oriented by its EXIF data, alpha as for PNG.
  ///
  /// Throws `unreadable` if libwebp is missing, `malformed` if it is no WebP, damaged, too large, or animated.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    try PictureLibrary.webp.require(for: source.name)
    return try PictureFile.decode(source, by: decode)
  }

  private static func decode(_ file: [UInt8]) throws(PictureFault) -> Images {
    let orientation = try orientation(file)
    var info = webp_info()
    guard webp_read_info(file, file.count, &info) else {
      throw PictureLibrary.webp.fault("the header is damaged")
    }
    guard !info.is_animation else {
      throw PictureFault("an animation; save one of its frames as PNG", at: 12)
    }
    let (width, height) = (Int(info.width), Int(info.height))
    try PictureFile.check(width: width, height: height, at: 12)
    let shape = ImageShape(channels: 3, height: height, width: width)
    var pixels = [UInt8](repeating: 0, count: (info.has_alpha ? 4 : 3) * width * height)
    let size = pixels.count
    guard webp_decode(file, file.count, info.width, info.has_alpha, &pixels, size) else {
      throw PictureLibrary.webp.fault("")
    }
    let picture =
      info.has_alpha
      ? Images(interleaved: pixels, withAlphaBeside: shape) : Images(interleaved: pixels, shape: shape)
    return picture.turned(orientation)
  }

  /// The orientation in the chunk `EXIF`, after checking that all chunks are within the file.
  private static func orientation(_ file: [UInt8]) throws(PictureFault) -> Orientation {
    guard FileSignature(file) == .webp else {
      throw PictureFault("not WebP: \(FileSignature.describe(file))", at: 0)
    }
    let end = 8 + Int(file.littleEndian(at: 4, 4))
    guard end <= file.count else {
      throw PictureFault("the file ends here, before the end of the picture", at: file.count)
    }
    var (position, orientation) = (12, Orientation.upright)
    while end - position >= 8 {
      let length = Int(file.littleEndian(at: position + 4, 4))
      guard length <= end - position - 8 else {
        throw PictureFault("a chunk of \(length.pluralized("byte")) exceeds the file", at: position)
      }
      if file[position...].starts(with: Array("EXIF".utf8)) {
        let content = file[position + 8..<position + 8 + length]
        // Some programs keep the prefix that the data has in JPEG files.
        orientation = Orientation(exif: content) ?? Orientation(tiff: Array(content)) ?? .upright
      }
      position += 8 + length + length % 2
    }
    return orientation
  }
}
