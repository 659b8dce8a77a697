/// A gray picture that is written in the binary PGM format (`P5`); PNM reads it.
public struct PGM: Equatable, Sendable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels, row-major, from 0 (black) to 255 (white).
  public let pixels: [UInt8]

  /// A picture of `width` x `height` pixels.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height, "pixels do not fill the picture")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The picture as a binary PGM file.
  public func encoded() -> [UInt8] {
    Array("P5\n\(width) \(height)\n255\n".utf8) + pixels
  }
}
