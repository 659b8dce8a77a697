import FileIO
import ImageFiles
import Testing
import TestSupport

struct PNGTests {
  private func decode(_ file: [UInt8]) throws -> Images {
    try PNG.decode(ByteSource(bytes: file, name: "f"))
  }

  @Test("A PNG file begins with its signature and says its size, depth and colour", arguments: [1, 3])
  func header(channels: Int) {
    let shape = ImageShape(channels: channels, height: 2, width: 300)
    let file = PNG.encode(Images(pixels: (0..<shape.size).map { UInt8($0 % 256) }, shape: shape))
    #expect(FileSignature(file) == .png)
    // Width, height, bits, colour type (0 gray, 2 RGB) of the IHDR chunk, PNG specification 11.2.2.
    #expect(Array(file[16..<26]) == [0, 0, 1, 44, 0, 0, 0, 2, 8, channels == 1 ? 0 : 2])
  }

  @Test(arguments: [1, 3])
  func readsWhatItWrites(channels: Int) throws {
    let shape = ImageShape(channels: channels, height: 2, width: 300)
    let images = Images(pixels: (0..<shape.size).map { UInt8($0 * 7 % 256) }, shape: shape)
    #expect(try decode(PNG.encode(images)) == images)
  }

  @Test func readsGrayOfEveryDepth() throws {
    #expect(try decode(TestPNG.file(3, 1, rows: [[0, 7, 255]])).pixels == [0, 7, 255])
    #expect(try decode(TestPNG.file(4, 1, depth: 1, rows: [[0b1010_0000]])).pixels == [255, 0, 255, 0])
    #expect(try decode(TestPNG.file(2, 1, depth: 4, rows: [[0x1F]])).pixels == [17, 255])
    #expect(try decode(TestPNG.file(2, 1, depth: 16, rows: [[0x80, 0x80, 255, 255]])).pixels == [128, 255])
  }

  @Test func readsPalettes() throws {
    let palette = TestPNG.chunk("PLTE", [255, 0, 0, 1, 2, 3])
    let picture = try decode(TestPNG.file(2, 1, kind: 3, depth: 1, extra: palette, rows: [[0b0100_0000]]))
    #expect(picture.shape == ImageShape(channels: 3, height: 1, width: 2))
    #expect(picture.pixels == [255, 1, 0, 2, 0, 3])
  }

  @Test func compositesTransparentPixelsOverWhite() throws {
    let gray = try decode(TestPNG.file(2, 1, kind: 4, rows: [[0, 255, 0, 0]]))
    #expect(gray == Images(pixels: [0, 255], shape: ImageShape(height: 1, width: 2)))
    let colour = try decode(TestPNG.file(2, 1, kind: 6, rows: [[9, 8, 7, 255, 9, 8, 7, 0]]))
    #expect(colour.pixels == [9, 255, 8, 255, 7, 255])
    let palette = TestPNG.chunk("PLTE", [0, 0, 0, 0, 0, 0]) + TestPNG.chunk("tRNS", [255, 0])
    let clear = try decode(TestPNG.file(2, 1, kind: 3, extra: palette, rows: [[0, 1]]))
    #expect(Array(clear.pixels.prefix(2)) == [0, 255])
  }

  @Test func compositesWhiteInkOverBlack() throws {
    let chalk = try decode(TestPNG.file(3, 1, kind: 4, rows: [[255, 0, 255, 255, 255, 102]]))
    #expect(chalk.pixels[0] == 0 && chalk.pixels[1] == 255 && (1..<255).contains(chalk.pixels[2]))
    #expect(try decode(TestPNG.file(2, 1, kind: 4, rows: [[255, 255, 255, 255]])).pixels == [255, 255])
  }

  @Test func readsInterlacedPictures() throws {
    // 3x3: passes 1, 4, 5, 6 and 7 of Adam7 hold pixels.
    let rows: [[UInt8]] = [[1], [3], [7, 9], [2], [8], [4, 5, 6]]
    let picture = try decode(TestPNG.file(3, 3, isInterlaced: true, rows: rows))
    #expect(picture.pixels == [1, 2, 3, 4, 5, 6, 7, 8, 9])
  }

  @Test func ignoresOtherChunks() throws {
    let text = TestPNG.chunk("tEXt", Array("Software\0a pen".utf8)) + TestPNG.chunk("iCCP", [1, 2, 3])
    #expect(try decode(TestPNG.file(1, 1, extra: text, rows: [[5]])).pixels == [5])
  }

  static let good = TestPNG.file(2, 2, rows: [[1, 2], [3, 4]])
  static let head = TestPNG.signature + TestPNG.header(2, 2)
  static let body = TestPNG.pixels([[1, 2], [3, 4]]) + TestPNG.end

  static func changed(_ index: Int, _ byte: UInt8) -> [UInt8] {
    var file = good
    file[index] = byte
    return file
  }

  @Test(
    arguments: [
      ([], "byte 0: not PNG: the file is empty"),
      (Array("<html>".utf8), "byte 0: not PNG: this is an HTML page (\"<html\")"),
      (Array("P5 1 1 255 ".utf8), "byte 0: not PNG: this is a PGM picture"),
      (changed(0, 0x88), "byte 0: not PNG: it begins with 88 50 4E 47"),
      (changed(4, 0x0A), "byte 0: not PNG: this is a PNG picture"),
      (TestPNG.signature, "byte 8: the file ends here, before PNG's last chunk (IEND)"),
      (Array(good.prefix(20)), "byte 8: chunk IHDR of 13 bytes exceeds the file"),
      (head, "byte 33: the file ends here, before PNG's last chunk (IEND)"),
      (Array(good.dropLast()), "byte 73: the file ends here, before PNG's last chunk (IEND)"),
      (Array(good.prefix(50)), "byte 33: chunk IDAT of 17 bytes exceeds the file"),
      (good + [0], "byte 74: 1 byte after the end of the picture"),
      (good + good, "byte 74: 74 bytes after the end of the picture"),
      (changed(17, 1), "byte 29: chunk IHDR: the checksum is wrong"),
      (changed(43, 9), "byte 58: chunk IDAT: the checksum is wrong"),
      (changed(8, 0xFF), "byte 8: chunk IHDR of 4,278,190,093 bytes exceeds the file"),
      (changed(12, 0x31), "byte 12: invalid chunk type: it begins with 31 48 44 52"),
      (TestPNG.signature + body, "byte 8: chunk IDAT before the header (IHDR)"),
      (head + TestPNG.header(2, 2) + body, "byte 33: a second header (IHDR)"),
      (
        TestPNG.signature + TestPNG.chunk("IHDR", [0, 0, 0, 1]) + body,
        "byte 8: a header of 4 bytes, not 13"
      ),
      (TestPNG.signature + TestPNG.header(0, 2) + body, "byte 16: 0x2: no pixels"),
      (TestPNG.signature + TestPNG.header(2, 0) + body, "byte 16: 2x0: no pixels"),
      (
        TestPNG.signature + TestPNG.header(1 << 31, 1 << 31) + body,
        "byte 16: 2147483648x2147483648: more than 64,000,000 pixels"
      ),
      (
        TestPNG.signature + TestPNG.header(8001, 8000) + body,
        "byte 16: 8001x8000: more than 64,000,000 pixels"
      ),
      (
        TestPNG.signature + TestPNG.header(8000, 8000) + body,
        "byte 33: 17 bytes cannot hold 8000x8000 pixels"
      ),
      (head + TestPNG.end, "byte 33: 0 bytes cannot hold 2x2 pixels"),
      (
        TestPNG.signature + TestPNG.header(2, 2, depth: 3) + body, "byte 33: libpng: Invalid IHDR data"
      ),
      (
        TestPNG.signature + TestPNG.header(2, 2, kind: 5) + body, "byte 33: libpng: Invalid IHDR data"
      ),
      (
        TestPNG.signature + TestPNG.header(2, 2, kind: 3) + body,
        "byte 33: libpng: IDAT: Missing PLTE before IDAT"
      ),
      (head + TestPNG.pixels([[1, 2]]) + TestPNG.end, "byte 33: libpng: Not enough image data"),
      (
        head + TestPNG.chunk("IDAT", [UInt8](repeating: 7, count: 20)) + TestPNG.end,
        "byte 33: libpng: IDAT: incorrect header check"
      ),
      (
        head + TestPNG.chunk("IDAT", TestPNG.zlib([9, 1, 2, 0, 3, 4])) + TestPNG.end,
        "byte 33: libpng: bad adaptive filter value"
      ),
      (head + TestPNG.chunk("NEED") + body, "byte 33: libpng: NEED: unhandled critical chunk"),
    ] as [([UInt8], String)])
  func refuses(file: [UInt8], expected: String) {
    #expect(message { _ = try decode(file) } == "f: " + expected)
  }
}
