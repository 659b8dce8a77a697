import CPNG
import FileIO

/// The PNG format, by libpng.
public enum PNG {
  /// The first of `images` as a PNG file: gray if it has one channel, RGB if it has three.
  public static func encode(_ images: Images) -> [UInt8] {
    let shape = images.shape
    precondition(shape.channels == 1 || shape.channels == 3, "gray or RGB")
    let planes = images[0]
    let count = shape.height * shape.width
    var pixels = Array(planes)
    if shape.channels > 1 {
      for index in pixels.indices {
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: shape.channels)
        pixels[index] = planes[planes.startIndex + channel * count + pixel]
      }
    }
    var header = png_image()
    header.version = png_uint_32(PNG_IMAGE_VERSION)
    (header.width, header.height) = (png_uint_32(shape.width), png_uint_32(shape.height))
    header.format = png_uint_32(shape.channels == 3 ? PNG_FORMAT_FLAG_COLOR : 0)
    var size = 0
    let isMeasured = png_image_write_to_memory(&header, nil, &size, 0, pixels, 0, nil) != 0
    var file = [UInt8](repeating: 0, count: size)
    let isWritten = isMeasured && png_image_write_to_memory(&header, &file, &size, 0, pixels, 0, nil) != 0
    precondition(isWritten, "libpng writes every picture into memory that is large enough")
    return Array(file.prefix(size))
  }

  /// The picture in `source`, to its end: gray or RGB of 8 bits, converted from any format of PNG.
  ///
  /// The background of transparent pixels is white, or black if the picture would be all white. Throws `malformed` if
  /// it is no PNG, damaged, too large, or followed by other data.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    let file = try source.readAll(limit: PictureFile.byteLimit)
    let chunks = try PNGChunks(file, of: source)
    do throws(LibraryError) {
      let (picture, isTransparent) = try decode(file, chunks, over: 255)
      let isBlank = picture.pixels.allSatisfy { $0 == 255 }
      return isTransparent && isBlank ? try decode(file, chunks, over: 0).picture : picture
    } catch {
      throw source.malformed(at: PNGChunks.headerEnd, "libpng: \(error.message)")
    }
  }

  /// An error message of libpng.
  private struct LibraryError: Error {
    let message: String
  }

  /// The picture over a background of `shade`, and whether it has an alpha channel.
  private static func decode(
    _ file: [UInt8], _ chunks: PNGChunks, over shade: UInt8
  ) throws(LibraryError) -> (picture: Images, isTransparent: Bool) {
    // libpng keeps a pointer to this.
    let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
    defer { image.deallocate() }
    image.initialize(to: png_image())
    image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(image) }
    var pixels: [UInt8] = []
    var (channels, isTransparent) = (1, false)
    let isRead = file.withUnsafeBytes { bytes in
      guard png_image_begin_read_from_memory(image, bytes.baseAddress, bytes.count) != 0 else { return false }
      let isColour = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
      isTransparent = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
      channels = isColour ? 3 : 1
      image.pointee.format = png_uint_32(isColour ? PNG_FORMAT_FLAG_COLOR : 0)
      image.pointee.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
      pixels = [UInt8](repeating: 0, count: channels * chunks.width * chunks.height)
      var background = png_color(red: shade, green: shade, blue: shade)
      return png_image_finish_read(image, &background, &pixels, 0, nil) != 0
    }
    guard isRead else {
      throw LibraryError(
        message: withUnsafeBytes(of: &image.pointee.message) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    let shape = ImageShape(channels: channels, height: chunks.height, width: chunks.width)
    return (Images(interleaved: pixels, shape: shape), isTransparent)
  }
}
