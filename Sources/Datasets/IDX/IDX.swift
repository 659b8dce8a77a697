import FileIO
import Formatting
import ImageFiles

/// The IDX format of MNIST: images as uint8 of rank 3, [N, H, W], or 4, [N, C, H, W], and labels of rank 1, as uint8 or
/// int32, or, in QMNIST, [N, 8] as int32.
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
  public static func labels(path: String) throws(DataError) -> [UInt16] {
    try labels(from: ByteSource(path: path))
  }

  /// The labels in `source`, to its end.
  public static func labels(from source: consuming ByteSource) throws(DataError) -> [UInt16] {
    try LabelFile(source).labels
  }

  /// An IDX file of `images`: rank 3 for one channel, rank 4 for more.
  public static func encode(_ images: Images) -> [UInt8] {
    let shape = images.shape
    let channels = shape.channels == 1 ? [] : [shape.channels]
    return header([images.count] + channels + [shape.height, shape.width]) + images.pixels
  }

  /// An IDX file of `labels`, rank 1: uint8, or int32 if one of them is larger than 255.
  public static func encode(labels: [UInt16]) -> [UInt8] {
    if labels.allSatisfy({ $0 <= 255 }) { return header([labels.count]) + labels.map { UInt8($0) } }
    let words = labels.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    return header([labels.count], type: 0x0C) + words
  }

  private static func header(_ dimensions: [Int], type: UInt8 = 0x08) -> [UInt8] {
    [0, 0, type, UInt8(dimensions.count)]
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

    /// An error about a byte of the file.
    func malformed(at byte: Int, _ reason: String) -> DataError { source.malformed(at: byte, reason) }

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
