import Digits
import Foundation
import Testing

struct JPEGTests {
  /// A picture of `Tests/Fixtures/pictures`: 24x16 in squares of 8x8 (scripts/make-picture-fixtures).
  static func fixture(_ name: String) -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Fixtures/pictures/\(name).jpg")
    return (try? [UInt8](Data(contentsOf: file))) ?? []
  }

  private func decode(_ file: [UInt8]) throws -> Images {
    try JPEG.decode(ByteSource(bytes: file, name: "f"))
  }

  /// What each square shows in a channel, in tens, row by row.
  private func squares(_ images: Images, _ channel: Int = 0) -> [Int] {
    let (width, height) = (images.shape.width, images.shape.height)
    return stride(from: 4, to: height, by: 8).flatMap { y in
      stride(from: 4, to: width, by: 8).map { x in
        (Int(images.pixels[(channel * height + y) * width + x]) + 5) / 10
      }
    }
  }

  @Test(arguments: ["gray", "restarts"])
  func readsGray(name: String) throws {
    let picture = try decode(Self.fixture(name))
    #expect(picture.shape == ImageShape(height: 16, width: 24))
    #expect(squares(picture) == [0, 5, 10, 15, 20, 25])
  }

  @Test(arguments: ["colour", "progressive"])
  func readsColours(name: String) throws {
    let picture = try decode(Self.fixture(name))
    #expect(picture.shape == ImageShape(channels: 3, height: 16, width: 24))
    #expect(squares(picture, 0) == [0, 5, 10, 15, 20, 25])
    #expect(squares(picture, 1) == [25, 20, 15, 10, 5, 0])
    #expect(squares(picture, 2) == [10, 10, 10, 10, 10, 10])
  }

  /// The fixture's orientation 6 replaced by all there are; squares 0 5 10 / 15 20 25 are turned accordingly.
  @Test(arguments: [
    (1, [0, 5, 10, 15, 20, 25]), (2, [10, 5, 0, 25, 20, 15]), (3, [25, 20, 15, 10, 5, 0]),
    (4, [15, 20, 25, 0, 5, 10]), (5, [0, 15, 5, 20, 10, 25]), (6, [15, 0, 20, 5, 25, 10]),
    (7, [25, 10, 20, 5, 15, 0]), (8, [10, 25, 5, 20, 0, 15]), (0, [0, 5, 10, 15, 20, 25]),
    (9, [0, 5, 10, 15, 20, 25]),
  ])
  func turnsPicturesUpright(number: UInt8, expected: [Int]) throws {
    var file = Self.fixture("held")
    let tag = try #require(
      file.indices.first { file[$0...].starts(with: [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]) })
    file[tag + 9] = number
    let picture = try decode(file)
    #expect(squares(picture) == expected)
    #expect(picture.shape.width == ((5...8).contains(number) ? 16 : 24))
  }

  @Test func readsLittleEndianOrientationsAndIgnoresNonsense() throws {
    let plain = Self.fixture("gray")
    func file(exif: [UInt8]) -> [UInt8] {
      let segment = Array("Exif\0\0".utf8) + exif
      return [0xFF, 0xD8, 0xFF, 0xE1, 0, UInt8(segment.count + 2)] + segment + plain.dropFirst(2)
    }
    let little: [UInt8] = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 3, 0, 0, 0]
    #expect(try squares(decode(file(exif: little))) == [25, 20, 15, 10, 5, 0])
    for cut in 0..<20 { #expect(try decode(file(exif: Array(little.prefix(cut)))).shape.width == 24) }
    var far = little
    far.replaceSubrange(4..<8, with: [255, 255, 255, 255])
    #expect(try decode(file(exif: far)).shape.width == 24)
  }

  @Test func leavesWhatPhonesPutBehindThePictureAlone() throws {
    let file = Self.fixture("gray")
    #expect(try decode(file + file).shape.width == 24)
    #expect(try decode(file + Array("a film".utf8)).shape.width == 24)
  }

  static let gray = fixture("gray")

  /// The place of a marker in the gray fixture, which has one frame (C0) and one scan (DA).
  static func place(_ marker: UInt8) -> Int {
    gray.indices.dropLast().first { gray[$0] == 0xFF && gray[$0 + 1] == marker } ?? 0
  }

  static func changed(_ index: Int, _ bytes: UInt8...) -> [UInt8] {
    var file = gray
    file.replaceSubrange(index..<index + bytes.count, with: bytes)
    return file
  }

  @Test(
    arguments: [
      ([], "byte 0: not JPEG: the file is empty"),
      (Array("<html>".utf8), "byte 0: not JPEG: this is an HTML page (\"<html\")"),
      (TestPNG.signature, "byte 0: not JPEG: this is a PNG picture"),
      ([0xFF, 0xD9], "byte 0: not JPEG: it begins with FF D9"),
      ([0xFF, 0xD8], "byte 2: the file ends here, before the end of the JPEG picture"),
      ([0xFF, 0xD8, 0xFF], "byte 3: the file ends here, before the end of the JPEG picture"),
      ([0xFF, 0xD8, 0xFF, 0xFF, 0xFF], "byte 5: the file ends here, before the end of the JPEG picture"),
      ([0xFF, 0xD8, 0xFF, 0xD9], "byte 2: the picture ends without any pixels"),
      ([0xFF, 0xD8, 0x00, 0x11], "byte 2: 00 where a marker (FF) should be"),
      ([0xFF, 0xD8, 0xFF, 0xD0, 0, 0], "byte 2: marker FF D0 where a segment should be"),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 1], "byte 2: marker FF E0 where a segment should be"),
      ([0xFF, 0xD8, 0xFF, 0xE0, 9, 9], "byte 6: the file ends here, before the end of the JPEG picture"),
      ([0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 0xFF, 0xD9], "byte 2: pixels before the size is told"),
      ([0xFF, 0xD8, 0xFF, 0xC0, 0, 3, 8, 0xFF, 0xD9], "byte 6: a frame header of 1 bytes"),
      (
        Array(gray.dropLast()),
        "byte \(gray.count - 1): the file ends here, before the end of the JPEG picture"
      ),
      (
        Array(gray.dropLast(9)),
        "byte \(gray.count - 9): the file ends here, before the end of the JPEG picture"
      ),
      (Array(gray.prefix(100)), "byte 100: the file ends here, before the end of the JPEG picture"),
      (changed(place(0xC0) + 5, 0, 0), "byte \(place(0xC0) + 5): 24x0: no pixels"),
      (changed(place(0xC0) + 7, 0, 0), "byte \(place(0xC0) + 5): 0x16: no pixels"),
      (
        changed(place(0xC0) + 5, 255, 255, 255, 255),
        "byte \(place(0xC0) + 5): 65535x65535: more than 64,000,000 pixels"
      ),
      (
        changed(place(0xC0) + 5, 20, 0, 20, 0),
        "byte \(place(0xC0) + 5): 344 bytes cannot hold 5120x5120 pixels"
      ),
      (changed(place(0xC0) + 4, 12), "byte \(place(0xC0) + 4): 12 bits for a sample; only 8 are read"),
      (
        changed(place(0xC0) + 9, 4),
        "byte \(place(0xC0) + 9): a CMYK picture, made for print; save it as RGB or gray"
      ),
      (changed(place(0xC0) + 9, 2), "byte \(place(0xC0) + 9): 2 colour components; only 1 and 3 are read"),
      (
        fixture("cmyk"),
        "byte \(fixture("cmyk").firstIndex(of: 4) ?? 0): a CMYK picture, made for print; save it as RGB or gray"
      ),
      (
        Array(gray[..<place(0xC0)]) + gray[place(0xC0)..<place(0xC0) + 13] + gray[place(0xC0)...],
        "byte \(place(0xC0) + 13): a second frame"
      ),
      (changed(place(0xC0) + 1, 0xE5), "byte \(place(0xDA)): pixels before the size is told"),
      (changed(place(0xDB) + 1, 0xE5), "byte 0: libjpeg-turbo: Quantization table 0x00 was not defined"),
      (changed(place(0xC4) + 1, 0xE5), "byte 0: libjpeg-turbo: Huffman table 0x00 was not defined"),
      (changed(place(0xC0) + 1, 0xC3), "byte 0: libjpeg-turbo: Unsupported JPEG process: SOF type 0xc3"),
      (
        Array(gray[..<(gray.count - 12)]) + [0xFF, 0xD9],
        "byte 0: libjpeg-turbo: Corrupt JPEG data: premature end of data segment"
      ),
    ] as [([UInt8], String)])
  func refuses(file: [UInt8], expected: String) {
    #expect(message { _ = try decode(file) } == "f: " + expected)
  }

  @Test func refusesHundredsOfPasses() {
    let scan = Self.place(0xDA)
    let passes = Array(Self.gray[..<scan]) + (0..<65).flatMap { _ in Self.gray[scan..<Self.gray.count - 2] }
    #expect(
      message { _ = try decode(passes + [0xFF, 0xD9]) }.hasSuffix("more than 64 passes over the picture"))
  }
}
