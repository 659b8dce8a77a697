import FileIO
import ImageFiles
import Testing
import TestSupport

@Suite struct PNMTests {
  private func parse(_ text: String, _ raster: [UInt8] = []) throws -> Images {
    try PNM.decode(ByteSource(bytes: Array(text.utf8) + raster, name: "f"))
  }

  @Test func readsBinary() throws {
    #expect(
      try parse("P5\n3 2\n255\n", [0, 1, 2, 253, 254, 255])
        == Images(pixels: [0, 1, 2, 253, 254, 255], shape: ImageShape(height: 2, width: 3)))
    #expect(try parse("P5 # made by hand\n#\n2 # wide\n1 255 ", [32, 35]).pixels == [32, 35])
  }

  @Test func readsText() throws {
    #expect(try parse("P2\n# hello\n2 2 255\n0 128\n64# half\n255").pixels == [0, 128, 64, 255])
    #expect(try parse("P2 1 1 255 7\n# the end").pixels == [7])
  }

  @Test func scalesOtherMaximumValues() throws {
    #expect(try parse("P2 4 1 3 0 1 2 3").pixels == [0, 85, 170, 255])
    #expect(try parse("P5 2 1 1\n", [0, 1]).pixels == [0, 255])
  }

  @Test func readsBitmaps() throws {
    let shape = ImageShape(height: 2, width: 3)
    let picture = Images(pixels: [0, 255, 0, 255, 255, 0], shape: shape)
    #expect(try parse("P1 3 2 101# one\n0 0\n1\n") == picture)
    #expect(try parse("P4 3 2\n", [0b1011_1111, 0b0010_0000]) == picture)
    // A row of more than a byte begins with a new one.
    #expect(try parse("P4\n9 1\n", [0, 0x80]).pixels == [255, 255, 255, 255, 255, 255, 255, 255, 0])
  }

  @Test func readsColours() throws {
    let picture = Images(pixels: [1, 4, 2, 5, 3, 6], shape: ImageShape(channels: 3, height: 1, width: 2))
    #expect(try parse("P3 2 1 255 1 2 3  4 5 6") == picture)
    #expect(try parse("P6 2 1 255\n", [1, 2, 3, 4, 5, 6]) == picture)
  }

  @Test func readsSixteenBits() throws {
    #expect(try parse("P5 3 1 65535\n", [0x80, 0x80, 0, 128, 0, 129]).pixels == [128, 0, 1])
    #expect(try parse("P2 3 1 1000 0 500 1000").pixels == [0, 128, 255])
    #expect(try parse("P6 1 1 4095\n", [0x0F, 0xFF, 0, 0, 8, 0]).pixels == [255, 0, 128])
  }

  @Test func readsWhatItWrites() throws {
    let picture = PGM(width: 2, height: 3, pixels: [10, 13, 32, 35, 0, 255])
    #expect(
      try PNM.decode(ByteSource(bytes: picture.encoded(), name: "f"))
        == Images(pixels: picture.pixels, shape: ImageShape(height: 3, width: 2)))
    #expect(picture.encoded().starts(with: "P5\n2 3\n255\n".utf8))
    let planes: [UInt8] = [1, 2, 3, 4, 5, 6]
    let file = PPM.encode(planes: planes, width: 2, height: 1)
    #expect(try PNM.decode(ByteSource(bytes: file, name: "f")).pixels == planes)
  }

  @Test(
    arguments: [
      ("", [], "byte 0: not PNM (P1 to P6): the file is empty"),
      ("P6 1 1 255\n", [1, 2], "byte 13: the data ends here, 1 byte too early"),
      ("<html>", [], "byte 0: not PNM (P1 to P6): this is an HTML page (\"<html\")"),
      ("P5", [], "byte 2: width: the file ends here"),
      ("P5 4", [], "byte 4: height: the file ends here"),
      ("P5 x", [], "byte 4: width: unexpected byte 78"),
      ("P5 -1 1 255 ", [], "byte 4: width: unexpected byte 2D"),
      ("P5 0 1 255 ", [], "byte 5: width is 0, less than 1"),
      ("P5 99999999999999999999 1 255 ", [], "byte 11: width is more than 64,000,000"),
      ("P5 8001 8000 255 ", [], "byte 13: 8001x8000: more than 64,000,000 pixels"),
      ("P5 64000000 64000000 255 ", [], "byte 21: 64000000x64000000: more than 64,000,000 pixels"),
      ("P5 1 1 0 ", [], "byte 9: maxval is 0, less than 1"),
      ("P5 1 1 65536 ", [0, 0], "byte 12: maxval is more than 65,535"),
      ("P5 2 2 255 ", [1, 2, 3], "byte 14: the data ends here, 1 byte too early"),
      ("P5 1 1 255 ", [1, 2, 3], "byte 12: 2 bytes after the end of 1 pixel"),
      ("P5 2 1 9 ", [9, 10], "byte 10: pixel of 10, but maxval is 9"),
      ("P2 2 1 9 1 ", [], "byte 11: pixel: the file ends here"),
      ("P2 1 1 9 10", [], "byte 11: pixel is more than 9"),
      ("P2 1 1 9 1 2", [], "byte 12: data after the last of 1 pixel"),
      ("P7\nWIDTH 1\n", [], "byte 0: not PNM (P1 to P6): it begins with 50 37 0A 57"),
      ("p5 1 1 255 ", [0], "byte 0: not PNM (P1 to P6): it begins with 70 35 20 31"),
      ("P5 1", [], "byte 4: height: the file ends here"),
      ("P5 1 1", [], "byte 6: maxval: the file ends here"),
      ("P5 1 1 255", [], "byte 10: the data ends here, 1 byte too early"),
      ("P5 1 0 255 ", [], "byte 7: height is 0, less than 1"),
      ("P5 2147483648 2147483648 255 ", [], "byte 12: width is more than 64,000,000"),
      ("P5 1 18446744073709551617 255 ", [], "byte 14: height is more than 64,000,000"),
      ("P5 1.5 1 255 ", [], "byte 5: width: unexpected byte 2E"),
      ("P5 1 1 2x5 ", [], "byte 9: maxval: unexpected byte 78"),
      ("P5 # no end", [], "byte 11: width: the file ends here"),
      ("P2 1 1 9 -1", [], "byte 10: pixel: unexpected byte 2D"),
      ("P2 1 1 9 # 7", [], "byte 12: pixel: the file ends here"),
      ("P2 8000 8000 255 1 2 3", [], "byte 22: pixel: the file ends here"),
      ("P5 8000 8000 255 ", [1], "byte 18: the data ends here, 63,999,999 bytes too early"),
      ("P5 #" + String(repeating: "x", count: 1 << 17), [], "byte 131076: width: the file ends here"),
      ("P5" + String(repeating: " ", count: 1 << 17), [], "byte 131074: width: the file ends here"),
      ("P5 " + String(repeating: "0", count: 1 << 17), [], "byte 131075: width is 0, less than 1"),
      ("P5 1 1 999 ", [3], "byte 12: the data ends here, 1 byte too early"),
      ("P5 2 1 999 ", [0, 3, 3, 0xE8], "byte 13: pixel of 1000, but maxval is 999"),
      ("P6 2 1 255 ", [1, 2, 3, 4, 5, 6, 7], "byte 17: 1 byte after the end of 2 pixels"),
      ("P3 1 1 255 1 2", [], "byte 14: pixel: the file ends here"),
      ("P3 1 1 255 1 2 3 4", [], "byte 18: data after the last of 1 pixel"),
      ("P1 2 2 10 1", [], "byte 11: pixel: the file ends here"),
      ("P1 2 1 12", [], "byte 9: pixel: unexpected byte 32"),
      ("P1 2 1 101", [], "byte 10: data after the last of 2 pixels"),
      ("P4 9 2\n", [1, 2, 3], "byte 10: the data ends here, 1 byte too early"),
      ("P4 64000000 2\n", [], "byte 14: 64000000x2: more than 64,000,000 pixels"),
      ("P8 1 1 255 ", [0], "byte 0: not PNM (P1 to P6): it begins with 50 38 20 31"),
    ] as [(String, [UInt8], String)])
  func refuses(text: String, raster: [UInt8], expected: String) {
    #expect(message { _ = try parse(text, raster) } == "f: " + expected)
  }
}
