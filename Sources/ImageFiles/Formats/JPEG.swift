import CTurboJPEG
import FileIO

/// The JPEG format, decoded by libjpeg-turbo.
public enum JPEG {
  /// The picture in `source`: gray or RGB, oriented by its EXIF data.
  ///
  /// Data after the picture is ignored: phones append previews, videos and depth maps.
  /// Throws `malformed` if it is no JPEG, damaged, too large, or CMYK.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    let file = try source.readAll(limit: PictureFile.byteLimit)
    let markers = try JPEGMarkers(file, of: source)
    guard let decoder = tjInitDecompress() else {
      throw .unreadable(path: source.name, reason: "not enough memory to decode it")
    }
    defer { tjDestroy(decoder) }
    func fault() -> DataError {
      source.malformed(at: 0, "libjpeg-turbo: \(String(cString: tjGetErrorStr2(decoder)))")
    }
    var (width, height, sampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let length = UInt(file.count)
    guard tjDecompressHeader3(decoder, file, length, &width, &height, &sampling, &colours) == 0,
      width == markers.width, height == markers.height
    else { throw fault() }
    let isGray = colours == Int32(TJCS_GRAY.rawValue)
    let shape = ImageShape(channels: isGray ? 1 : 3, height: markers.height, width: markers.width)
    let format = Int32((isGray ? TJPF_GRAY : TJPF_RGB).rawValue)
    var pixels = [UInt8](repeating: 0, count: shape.size)
    let status = tjDecompress2(
      decoder, file, length, &pixels, width, 0, height, format, TJFLAG_STOPONWARNING)
    guard status == 0 else { throw fault() }
    return Images(interleaved: pixels, shape: shape).turned(markers.orientation)
  }
}
