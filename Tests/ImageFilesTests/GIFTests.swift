import FileIO
import ImageFiles
import Testing
import TestSupport

@Suite struct GIFTests {
  private func decode(_ file: [UInt8]) throws -> Images {
    try GIF.decode(ByteSource(bytes: file, name: "f"))
  }

  private static let signature = Array("GIF89a".utf8)
  /// Black, white, red, blue.
  private static let colours: [UInt8] = [0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 255]

  static func screen(_ width: Int, _ height: Int, flags: UInt8 = 0x81, palette: [UInt8] = colours) -> [UInt8]
  {
    signature + word(width) + word(height) + [flags, 0, 0] + palette
  }

  static func word(_ value: Int) -> [UInt8] { TestBytes.littleEndian(UInt32(value), 2) }

  static func frame(
    left: Int = 0, top: Int = 0, _ width: Int, _ height: Int, flags: UInt8 = 0, palette: [UInt8] = []
  ) -> [UInt8] {
    [0x2C] + word(left) + word(top) + word(width) + word(height) + [flags] + palette
  }

  /// Pixels of 2 bits as codes of 3 bits, with a clear code (4) before each pair, so that codes do not grow.
  static func pixels(_ indices: [UInt8]) -> [UInt8] {
    let codes = indices.indices.flatMap { index -> [UInt8] in
      index % 2 == 0 ? [4, indices[index]] : [indices[index]]
    }
    return blocks(codes: codes + [5])
  }

  static func blocks(codes: [UInt8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (codes.count * 3 + 7) / 8)
    for (index, code) in codes.enumerated() {
      for bit in 0..<3 where code >> UInt8(bit) & 1 == 1 {
        bytes[(3 * index + bit) / 8] |= 1 << UInt8((3 * index + bit) % 8)
      }
    }
    return [2, UInt8(bytes.count)] + bytes + [0]
  }

  /// A graphic control extension with a transparent colour.
  static func transparency(_ index: UInt8) -> [UInt8] { [0x21, 0xF9, 4, 1, 0, 0, index, 0] }

  @Test func readsTheFirstFrame() throws {
    let first = Self.screen(2, 1) + Self.frame(2, 1) + Self.pixels([2, 3])
    let picture = try decode(first + Self.frame(2, 1) + Self.pixels([0, 0]) + [0x3B])
    #expect(picture.pixels == [255, 0, 0, 0, 0, 255])
    #expect(picture.shape == ImageShape(channels: 3, height: 1, width: 2))
    // Nothing after the frame is needed.
    #expect(try decode(first) == picture)
  }

  @Test func aGrayPaletteMakesAGrayPicture() throws {
    let file =
      Self.screen(2, 1, flags: 0x80, palette: [9, 9, 9, 77, 77, 77]) + Self.frame(2, 1) + Self.pixels([1, 0])
    #expect(try decode(file) == Images(pixels: [77, 9], shape: ImageShape(height: 1, width: 2)))
  }

  @Test func aFrameHasItsOwnPaletteAndPlace() throws {
    let palette: [UInt8] = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    let file = Self.screen(3, 2) + Self.frame(left: 1, top: 1, 2, 1, flags: 0x81, palette: palette)
    // Around it the screen is transparent, hence white.
    #expect(try decode(file + Self.pixels([2, 3])).pixels == [255, 255, 255, 255, 3, 4])
    let large = Self.screen(1, 1) + Self.frame(left: 1, top: 0, 2, 2, flags: 0x81, palette: palette)
    #expect(try decode(large + Self.pixels([0, 1, 2, 3])).shape == ImageShape(height: 2, width: 3))
  }

  @Test func transparentPixelsAreWhiteOrBlack() throws {
    let start =
      Self.screen(2, 1, palette: [0, 0, 0, 255, 255, 255, 99, 99, 99, 1, 1, 1]) + Self.transparency(2)
    #expect(try decode(start + Self.frame(2, 1) + Self.pixels([0, 2])).pixels == [0, 255])
    // White ink on nothing.
    #expect(try decode(start + Self.frame(2, 1) + Self.pixels([1, 2])).pixels == [255, 0])
    #expect(try decode(start + Self.frame(2, 1) + Self.pixels([1, 1])).pixels == [255, 255])
    // The transparent colour need not be in the palette.
    let beyond = Self.screen(2, 1, flags: 0x80, palette: [0, 0, 0, 9, 9, 9]) + Self.transparency(3)
    #expect(try decode(beyond + Self.frame(2, 1) + Self.pixels([1, 3])).pixels == [9, 255])
  }

  @Test func readsInterlacedFrames() throws {
    let palette: [UInt8] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    let file = Self.screen(1, 9, palette: palette) + Self.frame(1, 9, flags: 0x40)
    // Rows 0 and 8, then 4, then 2 and 6, then the odd ones.
    #expect(
      try decode(file + Self.pixels([1, 1, 2, 3, 3, 0, 0, 0, 0])).pixels == [1, 0, 3, 0, 2, 0, 3, 0, 1])
  }

  @Test func skipsCommentsAndExtensions() throws {
    let extras: [UInt8] = [0x21, 0xFE, 2, 0x68, 0x69, 1, 0x21, 0, 0x21, 0xFF, 1, 9, 0, 0x21, 0xF9, 0]
    #expect(
      try decode(Self.screen(1, 1) + extras + Self.frame(1, 1) + Self.pixels([1])).pixels == [255, 255, 255])
  }

  static let start = screen(2, 2) + frame(2, 2)
  static let good = start + pixels([0, 1, 2, 3])

  static func changed(_ offset: Int, _ bytes: UInt8...) -> [UInt8] {
    var file = good
    file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return file
  }

  @Test(
    arguments: [
      ([], "byte 0: not GIF: the file is empty"),
      (Array("<html>".utf8), "byte 0: not GIF: this is an HTML page (\"<html\")"),
      (Array("GIF88a".utf8), "byte 0: not GIF: this is a GIF picture"),
      (signature, "byte 6: the file ends here, before its first frame"),
      (Array(good.prefix(12)), "byte 12: the file ends here, before its first frame"),
      (Array(good.prefix(20)), "byte 20: the file ends here, before its first frame"),
      (Array(good.prefix(25)), "byte 25: the file ends here, before its first frame"),
      (Array(good.prefix(30)), "byte 30: the file ends here, before its first frame"),
      (screen(2, 2) + [0x3B], "byte 25: the file has no frame"),
      (screen(2, 2) + [0x00], "byte 25: expected a frame or an extension, not 00"),
      (screen(2, 2) + [0x21, 0xFE], "byte 27: the file ends here, before its first frame"),
      (screen(2, 2) + [0x21, 0xFE, 9, 1, 0], "byte 30: the file ends here, before its first frame"),
      (screen(2, 2) + [0x21, 0xF9, 4, 1], "byte 29: the file ends here, before its first frame"),
      (screen(2, 2) + frame(2, 2, flags: 0x87), "byte 35: the file ends here, before its first frame"),
      (screen(2, 2, flags: 0, palette: []) + frame(2, 2), "byte 13: a frame without a palette"),
      (screen(0, 0) + frame(0, 0) + pixels([]), "byte 6: 0x0: no pixels"),
      (screen(2, 2) + frame(0, 2) + pixels([]), "byte 30: 0x2: no pixels"),
      (screen(65535, 65535) + frame(1, 1) + pixels([0]), "byte 6: 65535x65535: more than 64,000,000 pixels"),
      (
        screen(1, 1) + frame(left: 65535, top: 65535, 65535, 65535) + pixels([0]),
        "byte 6: 131070x131070: more than 64,000,000 pixels"
      ),
      (screen(8000, 8000) + frame(1, 1) + pixels([0]), "byte 6: 5 bytes cannot hold 8000x8000 pixels"),
      (screen(8, 8) + frame(1000, 1000) + pixels([0]), "byte 30: 5 bytes cannot hold 1000x1000 pixels"),
      (start, "byte 35: the file ends here, before its pixels"),
      (start + [0], "byte 35: pixels of 0 bits, not 1 to 8"),
      (start + [9, 1, 0, 0], "byte 35: pixels of 9 bits, not 1 to 8"),
      (start + [2], "byte 36: the file ends here, before the end of its first frame"),
      (start + [2, 3, 0], "byte 38: the file ends here, before the end of its first frame"),
      (Array(good.dropLast()), "byte 40: the file ends here, before the end of its first frame"),
      (start + [2, 0], "byte 37: the frame ends here, after 0 of 4 pixels"),
      (start + blocks(codes: [4, 1, 2, 5]), "byte 39: the frame ends here, after 2 of 4 pixels"),
      (start + blocks(codes: [4, 5]), "byte 38: the frame ends here, after 0 of 4 pixels"),
      (start + blocks(codes: [4, 6]), "byte 38: code 6 before it is defined"),
      (start + blocks(codes: [4, 1, 7]), "byte 39: code 7 before it is defined"),
      (
        screen(2, 2, flags: 0x80, palette: [0, 0, 0, 9, 9, 9]) + frame(2, 2) + pixels([0, 1, 2, 3]),
        "byte 29: a pixel of colour 2, but the palette has 2 colours"
      ),
    ] as [([UInt8], String)])
  func refuses(file: [UInt8], expected: String) {
    #expect(message { _ = try decode(file) } == "f: " + expected)
  }

  @Test func everyTruncationIsRefused() throws {
    for name in PictureFixture.names("gif") where !name.hasPrefix("animation") {
      let file = try PictureFixture.bytes(name)
      // The last byte is the mark of the end.
      for count in stride(from: 0, to: file.count - 1, by: file.count / 50 + 1) {
        #expect(message { _ = try decode(Array(file.prefix(count))) }.hasPrefix("f: byte"))
      }
    }
  }
}
