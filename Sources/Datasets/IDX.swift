import FileIO
import Formatting
import ImageFiles

/// The IDX format of MNIST: images as uint8 of rank 3, [N, H, W], or 4, [N, C, H, W], and labels of rank 1.
public enum IDX {
  /// The images in the file at `path`, plain or gzip; throws if it cannot be read or is no IDX file of images.
  public static func images(path: String) throws(DataError) -> Images {
    var reader = try ImageReader(ByteSource(path: path))
    return try reader.readAll()
  }

  /// The images in `source`, to its end.
  public static func images(from source: consuming ByteSource) throws(DataError) -> Images {
    var reader = try ImageReader(source)
    return try reader.readAll()
  }

  /// The labels in the file at `path`, plain or gzip; throws if it cannot be read or is no IDX file of labels.
  public static func labels(path: String) throws(DataError) -> [UInt8] {
    try labels(from: ByteSource(path: path))
  }

  /// The labels in `source`, to its end.
  public static func labels(from source: consuming ByteSource) throws(DataError) -> [UInt8] {
    try readLabels(from: &source)
  }

  static func readLabels(from source: inout ByteSource) throws(DataError) -> [UInt8] {
    let header = try IDXHeader(parsing: &source, of: "labels", ranks: 1...1)
    let labels = try source.read(exactly: header.byteCount)
    try source.expectEnd(of: labels.count.pluralized("label"))
    return labels
  }

  /// An IDX file of `images`: rank 3 for one channel, rank 4 for more.
  public static func encode(_ images: Images) -> [UInt8] {
    let shape = images.shape
    let channels = shape.channels == 1 ? [] : [shape.channels]
    return header([images.count] + channels + [shape.height, shape.width]) + images.pixels
  }

  /// An IDX file of `labels`, rank 1.
  public static func encode(labels: [UInt8]) -> [UInt8] {
    header([labels.count]) + labels
  }

  private static func header(_ dimensions: [Int]) -> [UInt8] {
    [0, 0, 0x08, UInt8(dimensions.count)]
      + dimensions.flatMap { size in
        let word = UInt32(size)
        return (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
      }
  }

  /// An IDX file of images whose header has been parsed; the pixels are next.
  struct ImageReader: ~Copyable {
    let count: Int
    let shape: ImageShape
    private var source: ByteSource

    /// Parses the header.
    init(_ source: consuming ByteSource) throws(DataError) {
      let sizes = try IDXHeader(parsing: &source, of: "images", ranks: 3...4).dimensions
      count = sizes[0]
      shape = ImageShape(
        channels: sizes.count == 4 ? sizes[1] : 1, height: sizes[sizes.count - 2],
        width: sizes[sizes.count - 1])
      self.source = source
    }

    /// The size of all images in bytes.
    var byteCount: Int { count * shape.size }

    /// Appends all images to `pixels`, which will have `total` bytes in the end, and verifies the end of the file.
    mutating func append(to pixels: inout [UInt8], expecting total: Int) throws(DataError) {
      try source.append(byteCount, to: &pixels, expecting: total)
      try source.expectEnd(of: count.pluralized("image"))
    }

    /// All images.
    mutating func readAll() throws(DataError) -> Images {
      var pixels: [UInt8] = []
      try append(to: &pixels, expecting: byteCount)
      return Images(pixels: pixels, shape: shape)
    }

    /// The images in `range`, within 0 ..< `count`; the file is read and verified to its end.
    mutating func read(_ range: Range<Int>) throws(DataError) -> Images {
      try source.skip(range.lowerBound * shape.size)
      let pixels = try source.read(exactly: range.count * shape.size)
      try source.skip((count - range.upperBound) * shape.size)
      try source.expectEnd(of: count.pluralized("image"))
      return Images(pixels: pixels, shape: shape)
    }
  }
}
