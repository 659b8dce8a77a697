import FileIO
import Formatting

/// A gray picture in the PGM format: `P5` (binary) or `P2` (text), with a maximum value of up to 255.
public struct PGM: Equatable, Sendable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels, row-major, from 0 (black) to 255 (white).
  public let pixels: [UInt8]

  /// Larger pictures are refused (64 megapixels).
  static let pixelLimit = 64_000_000

  /// A picture of `width` x `height` pixels.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height, "pixels do not fill the picture")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Parses the picture in `source`, to its end; another maximum value is scaled to 255.
  ///
  /// Throws `malformed` if it is no PGM, too large, truncated, or followed by other data.
  public init(parsing source: consuming ByteSource) throws(DataError) {
    var scanner = try Scanner(source)
    width = try scanner.number("width", in: 1...Self.pixelLimit)
    height = try scanner.number("height", in: 1...Self.pixelLimit)
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= Self.pixelLimit else {
      throw scanner.fault("\(width)x\(height): more than \(Self.pixelLimit.grouped) pixels")
    }
    let white = try scanner.number("maxval", in: 1...255)
    let values = try scanner.isText ? scanner.numbers(count, upTo: white) : scanner.bytes(count, upTo: white)
    pixels = white == 255 ? values : values.map { UInt8((Int($0) * 255 + white / 2) / white) }
  }

  /// The picture as a binary PGM file.
  public func encoded() -> [UInt8] {
    Array("P5\n\(width) \(height)\n255\n".utf8) + pixels
  }

  /// Reads the tokens of a PGM file.
  private struct Scanner: ~Copyable {
    let isText: Bool
    private var source: ByteSource
    /// The offset at which the text must end: endless spaces and comments are an error.
    private var textEnd = textLimit

    private static let textLimit = 1 << 16
    private static let bytesPerPixel = 16

    init(_ source: consuming ByteSource) throws(DataError) {
      let magic = try source.read(upTo: 2)
      guard magic == Array("P5".utf8) || magic == Array("P2".utf8) else {
        let found = try FileSignature.describe(magic + source.read(upTo: FileSignature.length))
        throw source.malformed(at: 0, "not PGM (P5 or P2): \(found)")
      }
      isText = magic[1] == UInt8(ascii: "2")
      self.source = source
    }

    func fault(_ reason: String) -> DataError {
      source.malformed(at: source.offset, reason)
    }

    /// The next number; consumes the white space or comment after it.
    mutating func number(_ name: String, in range: ClosedRange<Int>) throws(DataError) -> Int {
      var value: Int?
      while let byte = try nextByte() {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          value = (value ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
          if let value, value > range.upperBound {
            throw fault("\(name) is more than \(range.upperBound.grouped)")
          }
        case 0x09...0x0D, 0x20, UInt8(ascii: "#"):
          if byte == UInt8(ascii: "#") { try skipComment() }
          if let value { return try checked(value, name, range) }
        default:
          throw fault("\(name): unexpected byte \(byte.hexadecimal)")
        }
      }
      guard let value else { throw fault("\(name): the file ends here") }
      return try checked(value, name, range)
    }

    private func checked(_ value: Int, _ name: String, _ range: ClosedRange<Int>) throws(DataError) -> Int {
      if range.contains(value) { return value }
      throw fault("\(name) is \(value), less than \(range.lowerBound)")
    }

    /// The raster of `P2`.
    mutating func numbers(_ count: Int, upTo white: Int) throws(DataError) -> [UInt8] {
      textEnd = source.offset + Self.bytesPerPixel * count + Self.textLimit
      var values: [UInt8] = []
      while values.count < count {
        values.append(UInt8(try number("pixel", in: 0...white)))
      }
      while let byte = try nextByte() {
        if byte == UInt8(ascii: "#") {
          try skipComment()
        } else if !(0x09...0x0D).contains(byte), byte != 0x20 {
          throw fault("data after the last of \(count.pluralized("pixel"))")
        }
      }
      return values
    }

    /// The raster of `P5`.
    mutating func bytes(_ count: Int, upTo white: Int) throws(DataError) -> [UInt8] {
      let start = source.offset
      let values = try source.read(exactly: count)
      if white < 255, let index = values.firstIndex(where: { Int($0) > white }) {
        throw source.malformed(at: start + index, "pixel of \(values[index]), but maxval is \(white)")
      }
      try source.expectEnd(of: count.pluralized("pixel"))
      return values
    }

    private mutating func skipComment() throws(DataError) {
      while let byte = try nextByte(), byte != 0x0A, byte != 0x0D {}
    }

    private mutating func nextByte() throws(DataError) -> UInt8? {
      if source.offset >= textEnd { throw fault("too many spaces and comments") }
      var byte: UInt8 = 0
      let count = try withUnsafeMutableBytes(of: &byte) { (buffer) throws(DataError) in
        try source.read(into: buffer)
      }
      return count == 1 ? byte : nil
    }
  }
}
