import FileIO
import Formatting

/// The headers, masks and palette of a BMP file, checked against the length of the file.
struct BMPHeader {
  /// How the pixels are stored.
  enum Storage: Equatable {
    /// Rows of 1, 4 or 8 bits a pixel, indices into the palette.
    case indices
    /// Runs of indices of 4 or 8 bits.
    case runs
    /// Rows of 24 bits a pixel: blue, green, red.
    case bytes
    /// Rows of 16 or 32 bits a pixel, with a mask for each channel.
    case fields(BMPBitFields)
  }

  let width: Int
  let height: Int
  /// Whether the first row of the file is the upper one.
  let isTopDown: Bool
  let bits: Int
  let storage: Storage
  /// Empty for more than 8 bits.
  let palette: Palette
  /// The offset of the pixels in the file.
  let pixelOffset: Int
  /// The bytes of a row, a multiple of 4.
  var rowBytes: Int { (width * bits + 31) / 32 * 4 }

  /// OS/2's, which have 12, 16 or 64 bytes, and Windows' of version 3 to 5.
  private static let headerSizes = [12, 16, 40, 52, 56, 64, 108, 124]
  private static let fileHeaderSize = 14

  /// Parses the headers of `file`.
  init(_ file: [UInt8]) throws(PictureFault) {
    guard file.starts(with: Array("BM".utf8)) else {
      throw PictureFault("not BMP: \(FileSignature.describe(file))", at: 0)
    }
    func number(_ offset: Int, _ count: Int = 4) -> Int { Int(file.littleEndian(at: offset, count)) }
    func signed(_ offset: Int) -> Int { Int(Int32(truncatingIfNeeded: number(offset))) }
    guard file.count >= 18 else { throw PictureFault("the file ends here, in its header", at: file.count) }
    let size = number(14)
    guard Self.headerSizes.contains(size) else {
      let sizes = Self.headerSizes.map { "\($0)" }.joined(separator: ", ")
      throw PictureFault("a header of \(size.pluralized("byte")), not one of \(sizes)", at: 14)
    }
    let headerEnd = Self.fileHeaderSize + size
    guard file.count >= headerEnd else {
      throw PictureFault("the file ends here, in its header", at: file.count)
    }
    let isCore = size == 12
    width = isCore ? number(18, 2) : signed(18)
    let signedHeight = isCore ? number(20, 2) : signed(22)
    height = abs(signedHeight)
    isTopDown = signedHeight < 0
    try PictureFile.check(width: width, height: height, at: 18)
    let planes = isCore ? 22 : 26
    guard number(planes, 2) == 1 else { throw PictureFault("\(number(planes, 2)) planes, not 1", at: planes) }
    bits = number(planes + 2, 2)
    let compression = size >= 40 ? number(30) : 0
    storage = try Self.storage(
      bits: bits, compression: compression, isOS2: size == 64, headerSize: size, of: file)
    if storage == .runs, isTopDown { throw PictureFault("runs from the top row down", at: 22) }
    pixelOffset = number(10)
    guard pixelOffset >= headerEnd, pixelOffset <= file.count else {
      throw PictureFault(
        "pixels at byte \(pixelOffset.grouped), but the headers end at \(headerEnd) and the file at "
          + file.count.grouped, at: 10)
    }
    let used = size >= 40 ? number(46) : 0
    let entries = used > 0 ? min(used, 1 << bits) : 1 << bits
    palette =
      bits > 8
      ? Palette([]) : Self.palette(file[headerEnd..<pixelOffset], entry: isCore ? 3 : 4, count: entries)
    if bits <= 8, palette.count == 0 { throw PictureFault("no palette before the pixels", at: headerEnd) }
  }

  private static func storage(
    bits: Int, compression: Int, isOS2: Bool, headerSize: Int, of file: [UInt8]
  ) throws(PictureFault) -> Storage {
    switch (compression, bits) {
    case (0, 1), (0, 4), (0, 8): return .indices
    case (0, 24): return .bytes
    case (0, 16): return .fields(.highColour)
    case (0, 32): return .fields(.trueColour)
    case (1, 8), (2, 4): return .runs
    case (3, 16) where !isOS2, (3, 32) where !isOS2, (6, 16), (6, 32):
      let count = compression == 6 || headerSize >= 56 ? 4 : 3
      guard file.count >= 54 + 4 * count else {
        throw PictureFault("the file ends here, in its masks", at: file.count)
      }
      let masks = (0..<count).map { UInt32(truncatingIfNeeded: file.littleEndian(at: 54 + 4 * $0, 4)) }
      guard let fields = BMPBitFields(masks: masks, bits: bits) else {
        let text = masks.map { String($0, radix: 16, uppercase: true) }.joined(separator: ", ")
        throw PictureFault("invalid masks for \(bits) bits: \(text)", at: 54)
      }
      return .fields(fields)
    case (4, _) where !isOS2: throw PictureFault("a JPEG picture in a BMP file, for printers", at: 30)
    case (5, _): throw PictureFault("a PNG picture in a BMP file, for printers", at: 30)
    default:
      throw PictureFault(
        "\(bits) bits a pixel with compression \(compression); 1, 4, 8, 16, 24 and 32 bits are read, "
          + "with runs (RLE) for 4 and 8", at: headerSize == 12 ? 24 : 28)
    }
  }

  /// The colours in `bytes`: at most `count` entries of blue, green and red.
  private static func palette(_ bytes: ArraySlice<UInt8>, entry: Int, count: Int) -> Palette {
    var values: [UInt8] = []
    for index in 0..<min(count, bytes.count / entry) {
      let blue = bytes.startIndex + entry * index
      values += [bytes[blue + 2], bytes[blue + 1], bytes[blue]]
    }
    return Palette(values)
  }
}
