import CPictureLibraries
import FileIO
import Formatting

/// The TIFF format, of which the first page is read, decoded by libtiff.
public enum TIFF {
  /// The first page in `source`: gray or RGB of 8 bits, oriented by its tag, alpha as for PNG.
  ///
  /// Throws `unreadable` if libtiff is missing, `malformed` if it is no TIFF, damaged, too large, or has samples that
  /// are not unsigned integers.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    try PictureLibrary.tiff.require(for: source.name)
    return try PictureFile.decode(source, by: decode)
  }

  private static func decode(_ file: [UInt8]) throws(PictureFault) -> Images {
    guard FileSignature(file) == .tiff else {
      throw PictureFault("not TIFF: \(FileSignature.describe(file))", at: 0)
    }
    // libtiff keeps a pointer to this.
    let page = UnsafeMutablePointer<tiff_page>.allocate(capacity: 1)
    defer { page.deallocate() }
    page.initialize(to: tiff_page())
    return try file.withUnsafeBufferPointer { (bytes) throws(PictureFault) in
      // A strip or tile at once, which is all of the picture where its writer had memory enough.
      let limit = min(6 * PictureFile.pixelLimit, 1 << 24 + 256 * bytes.count)
      guard tiff_open(page, bytes.baseAddress, bytes.count, limit) else { throw fault(page) }
      defer { tiff_close(page) }
      try check(page.pointee, bytes.count)
      let orientation = Orientation(rawValue: Int(page.pointee.orientation)) ?? .upright
      if let samples = TIFFSamples(page.pointee) { return try samples.read(page).turned(orientation) }
      return try rgba(page).turned(orientation)
    }
  }

  /// Throws unless the size is one that `count` bytes can hold, and the samples are unsigned.
  private static func check(_ page: tiff_page, _ count: Int) throws(PictureFault) {
    let (width, height) = (Int(page.width), Int(page.height))
    try PictureFile.check(width: width, height: height, at: 0)
    switch page.sample_format {
    case 1, 4: break
    case 2: throw PictureFault("signed samples; only unsigned integers are read", at: 0)
    case 3: throw PictureFault("floating-point samples; only unsigned integers are read", at: 0)
    default:
      throw PictureFault("samples of format \(page.sample_format); only unsigned integers are read", at: 0)
    }
    let (size, overflow) = Int(clamping: page.row_bytes).multipliedReportingOverflow(by: height)
    let holds =
      switch page.compression {
      case 1: size <= count
      // LZW, JPEG, deflate, PackBits: 4,096 bytes from one are more than any of them makes.
      case 5, 7, 8, 32_946, 32_773: size / 4096 <= count
      // Fax, Zstandard and others: almost nothing for what is blank.
      default: width * height >> 17 <= count
      }
    guard !overflow, holds else {
      throw PictureFault("\(count.pluralized("byte")) cannot hold \(width)x\(height) pixels", at: 0)
    }
  }

  /// A page of any kind, converted by libtiff.
  private static func rgba(_ page: UnsafeMutablePointer<tiff_page>) throws(PictureFault) -> Images {
    let (width, height) = (Int(page.pointee.width), Int(page.pointee.height))
    var words = [UInt32](repeating: 0, count: width * height)
    guard tiff_read_rgba(page, &words) else { throw fault(page) }
    let hasAlpha = 1...2 ~= page.pointee.extra_sample
    // 0 and 1 are gray.
    let channels = page.pointee.photometric <= 1 ? 1 : 3
    var pixels: [UInt8] = []
    pixels.reserveCapacity((channels + (hasAlpha ? 1 : 0)) * words.count)
    for word in words {
      for channel in 0..<channels { pixels.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * channel))) }
      if hasAlpha { pixels.append(UInt8(truncatingIfNeeded: word >> 24)) }
    }
    let shape = ImageShape(channels: channels, height: height, width: width)
    return hasAlpha
      ? Images(interleaved: pixels, withAlphaBeside: shape, isPremultiplied: true)
      : Images(interleaved: pixels, shape: shape)
  }

  /// The first error that libtiff reported.
  static func fault(_ page: UnsafeMutablePointer<tiff_page>) -> PictureFault {
    PictureLibrary.tiff.fault(text(page.pointee.message))
  }
}
