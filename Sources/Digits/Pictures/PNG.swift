import CPNG

/// Pictures in the PNG format, by libpng.
public enum PNG {
  /// The first of `images` as a PNG file: gray if it has one channel, RGB if it has three.
  public static func encode(_ images: Images) -> [UInt8] {
    let shape = images.shape
    precondition(shape.channels == 1 || shape.channels == 3, "gray or RGB")
    let planes = images[0]
    let count = shape.height * shape.width
    let pixels = (0..<count).flatMap { pixel in
      (0..<shape.channels).map { planes[planes.startIndex + $0 * count + pixel] }
    }
    var header = png_image()
    header.version = png_uint_32(PNG_IMAGE_VERSION)
    (header.width, header.height) = (png_uint_32(shape.width), png_uint_32(shape.height))
    header.format = png_uint_32(shape.channels == 3 ? PNG_FORMAT_FLAG_COLOR : 0)
    var size = 0
    png_image_write_to_memory(&header, nil, &size, 0, pixels, 0, nil)
    var file = [UInt8](repeating: 0, count: size)
    png_image_write_to_memory(&header, &file, &size, 0, pixels, 0, nil)
    return Array(file.prefix(size))
  }

  /// The picture `source` holds, to its end: gray or RGB of 8 bits, whatever it is stored as, over white.
  ///
  /// Throws if it is no PNG, damaged, too large, or followed by something else.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    let file = try source.readAll(limit: PictureFile.byteLimit)
    let chunks = try PNGChunks(file, of: source)
    // libpng keeps the address of this and of the file.
    let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
    defer { image.deallocate() }
    image.initialize(to: png_image())
    image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(image) }
    var pixels: [UInt8] = []
    var channels = 1
    let isRead = file.withUnsafeBytes { bytes in
      guard png_image_begin_read_from_memory(image, bytes.baseAddress, bytes.count) != 0 else { return false }
      let isColour = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
      channels = isColour ? 3 : 1
      image.pointee.format = png_uint_32(isColour ? PNG_FORMAT_FLAG_COLOR : 0)
      image.pointee.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
      pixels = [UInt8](repeating: 0, count: channels * chunks.width * chunks.height)
      var white = png_color(red: 255, green: 255, blue: 255)
      return png_image_finish_read(image, &white, &pixels, 0, nil) != 0
    }
    guard isRead else {
      let message = withUnsafeBytes(of: &image.pointee.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw source.malformed(at: PNGChunks.headerEnd, "libpng: \(message)")
    }
    return Images(
      interleaved: pixels,
      shape: ImageShape(channels: channels, height: chunks.height, width: chunks.width))
  }
}
