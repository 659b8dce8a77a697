import CPictureLibraries

/// Samples that need no conversion by libtiff, which cuts 16 bits off and loses colours under alpha: gray or RGB of
/// 8 or 16 bits, pixel after pixel, in strips.
struct TIFFSamples {
  private let shape: ImageShape
  private let samples: Int
  private let bytes: Int
  private let isWhiteZero: Bool
  private let hasAlpha: Bool
  private let isPremultiplied: Bool

  /// The samples of `page`; nil if they need conversion.
  init?(_ page: tiff_page) {
    guard !page.is_tiled, page.planar == 1 || page.samples == 1, page.bits == 8 || page.bits == 16,
      page.photometric <= 2
    else { return nil }
    shape = ImageShape(
      channels: page.photometric == 2 ? 3 : 1, height: Int(page.height), width: Int(page.width))
    (samples, bytes, isWhiteZero) = (Int(page.samples), Int(page.bits) / 8, page.photometric == 0)
    hasAlpha = samples > shape.channels && 1...2 ~= page.extra_sample
    isPremultiplied = page.extra_sample == 1
    guard samples >= shape.channels, page.row_bytes == UInt64(shape.width * samples * bytes) else {
      return nil
    }
  }

  /// The picture, as it is stored.
  func read(_ page: UnsafeMutablePointer<tiff_page>) throws(PictureFault) -> Images {
    let count = shape.channels + (hasAlpha ? 1 : 0)
    var row = [UInt8](repeating: 0, count: shape.width * samples * bytes)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(shape.width * shape.height * count)
    for line in 0..<shape.height {
      guard tiff_read_row(page, UInt32(line), &row) else { throw TIFF.fault(page) }
      for start in stride(from: 0, to: row.count, by: samples * bytes) {
        for sample in 0..<count {
          let value = value(row, start + sample * bytes)
          pixels.append(isWhiteZero && sample < shape.channels ? 255 - value : value)
        }
      }
    }
    return hasAlpha
      ? Images(interleaved: pixels, withAlphaBeside: shape, isPremultiplied: isPremultiplied)
      : Images(interleaved: pixels, shape: shape)
  }

  /// A sample of 8 bits, or one of 16 in the order of the machine, rounded.
  private func value(_ row: [UInt8], _ index: Int) -> UInt8 {
    if bytes == 1 { return row[index] }
    let word = UInt16(littleEndian: UInt16(row[index]) | UInt16(row[index + 1]) << 8)
    return UInt8((Int(word) * 255 + 32_895) >> 16)
  }
}
