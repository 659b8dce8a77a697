import FileIO
import ImageFiles
import Testing
import TestSupport

@Suite struct BMPTests {
  private func decode(_ file: [UInt8]) throws -> Images {
    try BMP.decode(ByteSource(bytes: file, name: "f"))
  }

  /// A file; the masks are in a header of more than 40 bytes, or after one of 40.
  static func file(
    _ width: Int, _ height: Int, bits: UInt16, compression: UInt32 = 0, masks: [UInt32] = [],
    palette: [UInt8] = [], header: Int = 40, used: UInt32 = 0, _ data: [UInt8]
  ) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { TestBytes.littleEndian(UInt32(truncatingIfNeeded: value), 4) }
    var content =
      word(header) + word(width) + word(height) + [1, 0] + TestBytes.littleEndian(UInt32(bits), 2)
    content += word(Int(compression)) + word(data.count) + word(0) + word(0) + word(Int(used)) + word(0)
    content += masks.flatMap { word(Int($0)) }
    content += [UInt8](repeating: 0, count: max(0, header - content.count)) + palette
    let offset = 14 + content.count
    return Array("BM".utf8) + word(offset + data.count) + word(0) + word(offset) + content + data
  }

  /// A palette whose colours are their own index in gray.
  private static func grays(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { index -> [UInt8] in [UInt8(index), UInt8(index), UInt8(index), 0] }
  }

  /// Black, white.
  private static let twoColours: [UInt8] = [0, 0, 0, 0, 255, 255, 255, 0]

  @Test func aGrayPaletteMakesAGrayPicture() throws {
    let picture = try decode(
      Self.file(3, 2, bits: 1, palette: Self.twoColours, [0x40, 0, 0, 0, 0xA0, 0, 0, 0]))
    #expect(picture == Images(pixels: [255, 0, 255, 0, 255, 0], shape: ImageShape(height: 2, width: 3)))
  }

  @Test func everyGrayValueIsExact() throws {
    let palette = Self.grays(256)
    let pixels = (0..<256).map { UInt8($0) }
    #expect(try decode(Self.file(16, -16, bits: 8, palette: palette, pixels)).pixels == pixels)
  }

  @Test func thePaddingOfTheLastRowMayBeMissing() throws {
    let file = Self.file(1, 2, bits: 24, [1, 2, 3, 0, 4, 5, 6])
    #expect(try decode(file).pixels == [6, 3, 5, 2, 4, 1])
    #expect(try decode(file + [0, 9, 9, 9]).pixels == [6, 3, 5, 2, 4, 1])
  }

  @Test func fieldsOfAnyWidthAreScaled() throws {
    // 10 bits for each colour.
    let masks: [UInt32] = [0x3FF0_0000, 0xFFC00, 0x3FF]
    let pixel = TestBytes.littleEndian(0x3FF0_0000 | 512 << 10 | 2, 4)
    #expect(
      try decode(Self.file(1, 1, bits: 32, compression: 3, masks: masks, pixel)).pixels == [255, 128, 0])
    // 3, 3 and 2 bits of 16; the channel in a mask of no bits is 0.
    let few = Self.file(1, 1, bits: 16, compression: 3, masks: [0xE0, 0x1C, 0], [0b1110_0100, 0])
    #expect(try decode(few).pixels == [255, 36, 0])
  }

  @Test func alphaIsIgnoredWhereItIsZeroEverywhere() throws {
    let masks: [UInt32] = [0xFF0000, 0xFF00, 0xFF, 0xFF00_0000]
    func picture(_ alphas: [UInt8]) throws -> [UInt8] {
      let data = alphas.flatMap { alpha -> [UInt8] in [10, 20, 30, alpha] }
      return try decode(
        Self.file(alphas.count, 1, bits: 32, compression: 3, masks: masks, header: 108, data)
      ).pixels
    }
    #expect(try picture([0, 0]) == [30, 30, 20, 20, 10, 10])
    #expect(try picture([0, 255]) == [255, 30, 255, 20, 255, 10])
    // With compression 6 the masks, alpha's among them, are after a header of 40 bytes.
    let short = Self.file(2, 1, bits: 32, compression: 6, masks: masks, [1, 2, 3, 255, 1, 2, 3, 0])
    #expect(try decode(short).pixels == [3, 255, 2, 255, 1, 255])
  }

  @Test func partlyTransparentPixelsAreMixedAsInPNG() throws {
    let masks: [UInt32] = [0xFF, 0xFF00, 0xFF0000, 0xFF00_0000]
    for (value, alpha) in [(0, 128), (0, 10), (200, 100), (90, 250), (255, 77)] as [(UInt8, UInt8)] {
      let pixel: [UInt8] = [value, 10, 20, alpha]
      let png = try PNG.decode(ByteSource(bytes: TestPNG.file(1, 1, kind: 6, rows: [pixel]), name: "f"))
      let bmp = try decode(Self.file(1, 1, bits: 32, compression: 3, masks: masks, header: 56, pixel))
      for (a, b) in zip(png.pixels, bmp.pixels) { #expect(abs(Int(a) - Int(b)) <= 3) }
    }
  }

  @Test func runsMoveAndEnd() throws {
    func runs(_ data: [UInt8], bits: UInt16 = 8) throws -> [UInt8] {
      let palette = Self.grays(16)
      return try decode(
        Self.file(4, 3, bits: bits, compression: bits == 8 ? 1 : 2, palette: palette, used: 16, data)
      ).pixels
    }
    // Two of 7, two columns right and two rows up, then one of 9; the rest is colour 0.
    #expect(try runs([2, 7, 0, 2, 1, 2, 1, 9, 0, 1]) == [0, 0, 0, 9, 0, 0, 0, 0, 7, 7, 0, 0])
    // Literals, padded to words; the rows end with and without a mark.
    #expect(
      try runs([0, 3, 1, 2, 3, 0, 1, 4, 0, 0, 4, 5, 0, 0, 4, 6]) == [6, 6, 6, 6, 5, 5, 5, 5, 1, 2, 3, 4])
    #expect(
      try runs([4, 0x12, 0, 0, 0, 3, 0x34, 0x50, 0, 1], bits: 4) == [0, 0, 0, 0, 3, 4, 5, 0, 1, 2, 1, 2])
  }

  /// 2x2, 24 bits.
  static let good = file(2, 2, bits: 24, [UInt8](repeating: 7, count: 16))
  static let indexed = file(2, 1, bits: 1, palette: [0, 0, 0, 0], used: 1, [0x40, 0, 0, 0])

  static func changed(_ offset: Int, _ bytes: UInt8...) -> [UInt8] {
    var file = good
    file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return file
  }

  static func runs(_ data: [UInt8], _ width: Int = 4, _ height: Int = 3) -> [UInt8] {
    file(width, height, bits: 8, compression: 1, palette: twoColours, used: 2, data)
  }

  static func masked(_ bits: UInt16, _ masks: UInt32...) -> [UInt8] {
    file(1, 1, bits: bits, compression: 3, masks: masks, [0, 0, 0, 0])
  }

  @Test(
    arguments: [
      ([], "byte 0: not BMP: the file is empty"),
      (Array("<html>".utf8), "byte 0: not BMP: this is an HTML page (\"<html\")"),
      (TestPNG.signature, "byte 0: not BMP: this is a PNG picture"),
      (Array("BM".utf8), "byte 2: the file ends here, in its header"),
      (Array(good.prefix(40)), "byte 40: the file ends here, in its header"),
      (changed(14, 41), "byte 14: a header of 41 bytes, not one of 12, 16, 40, 52, 56, 64, 108, 124"),
      (
        changed(14, 255, 255, 255, 255),
        "byte 14: a header of 4,294,967,295 bytes, not one of 12, 16, 40, 52, 56, 64, 108, 124"
      ),
      (changed(14, 124), "byte 70: the file ends here, in its header"),
      (changed(18, 0), "byte 18: 0x2: no pixels"),
      (changed(18, 255, 255, 255, 255), "byte 18: -1x2: no pixels"),
      (changed(22, 0), "byte 18: 2x0: no pixels"),
      (changed(22, 0, 0, 0, 0x80), "byte 18: 2x2147483648: more than 64,000,000 pixels"),
      (
        changed(18, 255, 255, 255, 127, 255, 255, 255, 127),
        "byte 18: 2147483647x2147483647: more than 64,000,000 pixels"
      ),
      (
        changed(18, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0),
        "byte 70: the data ends here, 191,999,984 bytes too early"
      ),
      (changed(26, 3), "byte 26: 3 planes, not 1"),
      (changed(28, 25), "byte 28: 25 bits a pixel with compression 0; " + readable),
      (changed(28, 0), "byte 28: 0 bits a pixel with compression 0; " + readable),
      (changed(30, 1), "byte 28: 24 bits a pixel with compression 1; " + readable),
      (changed(30, 9), "byte 28: 24 bits a pixel with compression 9; " + readable),
      (changed(30, 4), "byte 30: a JPEG picture in a BMP file, for printers"),
      (changed(30, 5), "byte 30: a PNG picture in a BMP file, for printers"),
      (changed(10, 20), "byte 10: pixels at byte 20, but the headers end at 54 and the file at 70"),
      (changed(10, 71), "byte 10: pixels at byte 71, but the headers end at 54 and the file at 70"),
      (changed(10, 70), "byte 70: the data ends here, 14 bytes too early"),
      (Array(good.dropLast(3)), "byte 67: the data ends here, 1 byte too early"),
      (file(1, 1, bits: 8, [0, 0, 0, 0]), "byte 54: no palette before the pixels"),
      (indexed, "byte 58: a pixel of colour 1, but the palette has 1 colour"),
      (masked(16, 0xFF00, 0xFF0, 0xF), "byte 54: invalid masks for 16 bits: FF00, FF0, F"),
      (masked(16, 0x10000, 0xFF0, 0xF), "byte 54: invalid masks for 16 bits: 10000, FF0, F"),
      (masked(32, 0xF0F, 0xF0, 0xF000), "byte 54: invalid masks for 32 bits: F0F, F0, F000"),
      (masked(32, 0, 0, 0), "byte 54: invalid masks for 32 bits: 0, 0, 0"),
      (Array(masked(32, 1, 2, 4).prefix(60)), "byte 60: the file ends here, in its masks"),
      (runs([4, 1], 4, -3), "byte 22: runs from the top row down"),
      (runs([4, 1, 0, 0]), "byte 66: the file ends here, before the end of the picture"),
      (runs([4, 1, 0]), "byte 65: the file ends here, before the end of the picture"),
      (runs([0, 4, 1, 1]), "byte 66: the file ends here, before the end of the picture"),
      (runs([0, 2, 1]), "byte 65: the file ends here, before the end of the picture"),
      (runs([5, 1, 0, 1]), "byte 62: 5 pixels at column 0 of row 0, outside of 4x3"),
      (runs([2, 1, 0, 3, 1, 1, 1, 0]), "byte 64: 3 pixels at column 2 of row 0, outside of 4x3"),
      (runs([0, 2, 5, 0, 0, 1]), "byte 62: moves to column 5 of row 0, outside of 4x3"),
      (runs([0, 2, 0, 3, 0, 1]), "byte 62: moves to column 0 of row 3, outside of 4x3"),
      (runs([1, 2, 0, 1]), "byte 62: a pixel of colour 2, but the palette has 2 colours"),
      (runs([0, 1], 8000, 8000), "byte 18: 2 bytes cannot hold 8000x8000 pixels"),
    ] as [([UInt8], String)])
  func refuses(file: [UInt8], expected: String) {
    #expect(message { _ = try decode(file) } == "f: " + expected)
  }

  private static let readable = "1, 4, 8, 16, 24 and 32 bits are read, with runs (RLE) for 4 and 8"

  @Test func everyTruncationIsRefusedOrRead() throws {
    for name in PictureFixture.names("bmp") {
      let file = try PictureFixture.bytes(name)
      for count in stride(from: 0, to: file.count, by: 7) {
        let text = message { _ = try decode(Array(file.prefix(count))) }
        // Only the padding of the last row, or the mark of the end, is not missed.
        #expect(text.hasPrefix("f: byte") || count >= file.count - 4)
      }
    }
  }
}
