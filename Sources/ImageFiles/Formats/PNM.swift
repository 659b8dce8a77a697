import FileIO
import Formatting

/// The Netpbm formats, text and binary: PBM (`P1`, `P4`), PGM (`P2`, `P5`) and PPM (`P3`, `P6`), of up to 16 bits.
public enum PNM {
  /// The picture in `source`, to its end: gray or RGB; another maximum value than 255 is scaled to it.
  ///
  /// Throws `malformed` if it is no PNM, too large, truncated, or followed by other data.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    try PictureFile.decode(source, by: decode)
  }

  private static func decode(_ file: [UInt8]) throws(PictureFault) -> Images {
    var scanner = try PNMScanner(file)
    let width = try scanner.number("width", in: 1...PictureFile.pixelLimit)
    let height = try scanner.number("height", in: 1...PictureFile.pixelLimit)
    try PictureFile.check(width: width, height: height, at: scanner.position)
    let white = scanner.kind.isBitmap ? 1 : try scanner.number("maxval", in: 1...65_535)
    let shape = ImageShape(channels: scanner.kind.channels, height: height, width: width)
    if scanner.kind.isText {
      let values = try scanner.numbers(shape.size, upTo: white, of: width * height)
      return Images(interleaved: values, shape: shape)
    }
    let bits = scanner.kind.isBitmap ? 1 : white > 255 ? 16 : 8
    let rowBytes = (width * shape.channels * bits + 7) / 8
    let raster = try scanner.bytes(rowBytes * height, of: width * height)
    let values =
      switch bits {
      case 1: Self.bits(raster, width: width, rowBytes: rowBytes)
      case 8: try bytes(raster, upTo: white)
      default: try words(raster, upTo: white)
      }
    return Images(interleaved: values, shape: shape)
  }

  /// The pixels of rows of bits, 1 for black.
  private static func bits(_ raster: ArraySlice<UInt8>, width: Int, rowBytes: Int) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(raster.count * 8)
    for row in stride(from: raster.startIndex, to: raster.endIndex, by: rowBytes) {
      for column in 0..<width {
        pixels.append(raster[row + column / 8] >> (7 - column % 8) & 1 == 0 ? 255 : 0)
      }
    }
    return pixels
  }

  /// The values of a raster of bytes.
  private static func bytes(_ raster: ArraySlice<UInt8>, upTo white: Int) throws(PictureFault) -> [UInt8] {
    if white == 255 { return Array(raster) }
    if let index = raster.firstIndex(where: { Int($0) > white }) {
      throw PictureFault("pixel of \(raster[index]), but maxval is \(white)", at: index)
    }
    return raster.map { scaled(Int($0), white) }
  }

  /// The values of a raster of words, the high byte first.
  private static func words(_ raster: ArraySlice<UInt8>, upTo white: Int) throws(PictureFault) -> [UInt8] {
    var values: [UInt8] = []
    values.reserveCapacity(raster.count / 2)
    for index in stride(from: raster.startIndex, to: raster.endIndex, by: 2) {
      let value = Int(raster[index]) << 8 | Int(raster[index + 1])
      guard value <= white else { throw PictureFault("pixel of \(value), but maxval is \(white)", at: index) }
      values.append(scaled(value, white))
    }
    return values
  }

  /// A value of 0 to `white` as one of 0 to 255.
  fileprivate static func scaled(_ value: Int, _ white: Int) -> UInt8 {
    UInt8((value * 255 + white / 2) / white)
  }
}

extension PNMScanner {
  /// The raster of a text format, scaled to 255; the picture must end after it.
  fileprivate mutating func numbers(
    _ count: Int, upTo white: Int, of pixels: Int
  ) throws(PictureFault) -> [UInt8] {
    var values: [UInt8] = []
    while values.count < count {
      if kind.isBitmap {
        values.append(try bit() ? 0 : 255)
      } else {
        values.append(PNM.scaled(try number("pixel", in: 0...white), white))
      }
    }
    try expectEnd(of: pixels)
    return values
  }
}
