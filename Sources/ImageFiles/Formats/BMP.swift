import FileIO
import Formatting

/// The BMP format of Windows and OS/2: 1 to 32 bits, with palette, run-length encoding or bit fields.
public enum BMP {
  /// A pair of bytes is at most 255 pixels.
  private static let maximumPixelsPerByte = 255

  /// The picture in `source`: gray where its palette is, else RGB; alpha as for PNG, ignored where it is 0 everywhere.
  ///
  /// Data after the pixels is ignored: colour profiles and padding. Throws `malformed` if it is no BMP, damaged, too
  /// large, or made for printers.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    try PictureFile.decode(source, by: decode)
  }

  private static func decode(_ file: [UInt8]) throws(PictureFault) -> Images {
    let header = try BMPHeader(file)
    let (width, height) = (header.width, header.height)
    let bytes = file.count - header.pixelOffset
    if header.storage == .runs {
      try PictureFile.check(bytes, hold: width, height, density: maximumPixelsPerByte, at: 18)
      return try coloured(BMPRuns.indices(file, header), header)
    }
    // The padding of the last row may be missing.
    let needed = header.rowBytes * (height - 1) + (width * header.bits + 7) / 8
    guard needed <= bytes else {
      throw PictureFault(
        "the data ends here, \((needed - bytes).pluralized("byte")) too early", at: file.count)
    }
    switch header.storage {
    case .runs, .indices: return try coloured(indices(file, header), header)
    case .bytes:
      var pixels: [UInt8] = []
      pixels.reserveCapacity(3 * width * height)
      for start in rows(header) {
        for blue in stride(from: start, to: start + 3 * width, by: 3) {
          pixels.append(file[blue + 2])
          pixels.append(file[blue + 1])
          pixels.append(file[blue])
        }
      }
      return Images(interleaved: pixels, shape: ImageShape(channels: 3, height: height, width: width))
    case .fields(let fields): return picture(file, header, fields)
    }
  }

  /// The offset of each row, from the upper one to the lower one.
  private static func rows(_ header: BMPHeader) -> [Int] {
    (0..<header.height).map { row in
      header.pixelOffset + header.rowBytes * (header.isTopDown ? row : header.height - 1 - row)
    }
  }

  /// The pixels of rows of indices.
  private static func indices(_ file: [UInt8], _ header: BMPHeader) -> [UInt8] {
    var indices: [UInt8] = []
    indices.reserveCapacity(header.width * header.height)
    let (perByte, mask) = (8 / header.bits, UInt8((1 << header.bits) - 1))
    for start in rows(header) {
      for column in 0..<header.width {
        let shift = (perByte - 1 - column % perByte) * header.bits
        indices.append(file[start + column / perByte] >> UInt8(shift) & mask)
      }
    }
    return indices
  }

  /// The picture of indices into the palette.
  private static func coloured(_ indices: [UInt8], _ header: BMPHeader) throws(PictureFault) -> Images {
    let palette = header.palette
    try palette.check(indices, at: header.pixelOffset)
    let shape = ImageShape(channels: palette.channels, height: header.height, width: header.width)
    var planes: [UInt8] = []
    planes.reserveCapacity(shape.size)
    for channel in 0..<shape.channels {
      for index in indices { planes.append(palette[index, channel]) }
    }
    return Images(pixels: planes, shape: shape)
  }

  /// The picture of rows of 16 or 32 bits a pixel.
  private static func picture(_ file: [UInt8], _ header: BMPHeader, _ fields: BMPBitFields) -> Images {
    let shape = ImageShape(channels: 3, height: header.height, width: header.width)
    let bytes = header.bits / 8
    var pixels: [UInt8] = []
    pixels.reserveCapacity((fields.hasAlpha ? 4 : 3) * header.width * header.height)
    for start in rows(header) {
      for offset in stride(from: start, to: start + bytes * header.width, by: bytes) {
        var pixel = UInt32(file[offset]) | UInt32(file[offset + 1]) << 8
        if bytes == 4 { pixel |= UInt32(file[offset + 2]) << 16 | UInt32(file[offset + 3]) << 24 }
        fields.append(pixel, to: &pixels)
      }
    }
    guard fields.hasAlpha else { return Images(interleaved: pixels, shape: shape) }
    // Many programs write 0 where they mean that nothing is transparent.
    let alphas = stride(from: 3, to: pixels.count, by: 4)
    if alphas.allSatisfy({ pixels[$0] == 0 }) { for index in alphas { pixels[index] = 255 } }
    return Images(interleaved: pixels, withAlphaBeside: shape)
  }
}
