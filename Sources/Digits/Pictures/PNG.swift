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
}
