import FileIO
import Foundation
import ImageFiles
import Testing
import TestSupport

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

  /// The fixture's orientation 6 replaced by every other one; the squares 0 5 10 / 15 20 25 are transformed accordingly.
  @Test(
    arguments: [
      (1, [0, 5, 10, 15, 20, 25]), (2, [10, 5, 0, 25, 20, 15]), (3, [25, 20, 15, 10, 5, 0]),
      (4, [15, 20, 25, 0, 5, 10]), (5, [0, 15, 5, 20, 10, 25]), (6, [15, 0, 20, 5, 25, 10]),
      (7, [25, 10, 20, 5, 15, 0]), (8, [10, 25, 5, 20, 0, 15]), (0, [0, 5, 10, 15, 20, 25]),
      (9, [0, 5, 10, 15, 20, 25]),
    ] as [(UInt8, [Int])])
  func turnsPicturesUpright(number: UInt8, expected: [Int]) throws {
    var file = Self.fixture("held")
    let tag = try #require(
      file.indices.first { file[$0...].starts(with: [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]) })
    file[tag + 9] = number
    let picture = try decode(file)
    #expect(squares(picture) == expected)
    #expect(picture.shape.width == ((5...8).contains(number) ? 16 : 24))
  }

  @Test func readsLittleEndianOrientationsAndIgnoresInvalidOnes() throws {
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

  @Test func ignoresDataAfterThePicture() throws {
    let file = Self.fixture("gray")
    #expect(try decode(file + file).shape.width == 24)
    #expect(try decode(file + Array("a film".utf8)).shape.width == 24)
  }

  static let gray = fixture("gray")

  /// The offset of a marker in the gray fixture, which has one frame (C0) and one scan (DA).
  static func offset(_ marker: UInt8) -> Int {
    gray.indices.dropLast().first { gray[$0] == 0xFF && gray[$0 + 1] == marker } ?? 0
  }

  static func changed(_ index: Int, _ bytes: UInt8...) -> [UInt8] {
    var file = gray
    file.replaceSubrange(index..<index + bytes.count, with: bytes)
    return file
  }

  /// An invalid file and its error.
  struct InvalidFile: CustomTestStringConvertible {
    let file: [UInt8]
    let expected: String
    var testDescription: String { expected }

    init(_ file: [UInt8], at byte: Int, _ reason: String) {
      (self.file, expected) = (file, "f: byte \(byte): \(reason)")
    }
  }

  private static let cut = "the file ends here, before the end of the JPEG picture"
  private static let print = "a CMYK picture, for print; save it as RGB or gray"
  private static let decoder = "libjpeg-turbo: "
  private static let (frame, scan) = (offset(0xC0), offset(0xDA))

  static let begun: [InvalidFile] = [
    InvalidFile([], at: 0, "not JPEG: the file is empty"),
    InvalidFile(Array("<html>".utf8), at: 0, "not JPEG: this is an HTML page (\"<html\")"),
    InvalidFile(TestPNG.signature, at: 0, "not JPEG: this is a PNG picture"),
    InvalidFile([0xFF, 0xD9], at: 0, "not JPEG: it begins with FF D9"),
    InvalidFile([0xFF, 0xD8], at: 2, cut),
    InvalidFile([0xFF, 0xD8, 0xFF], at: 3, cut),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xFF, 0xFF], at: 5, cut),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xD9], at: 2, "a picture without pixels"),
    InvalidFile([0xFF, 0xD8, 0x00, 0x11], at: 2, "expected a marker (FF), not 00"),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xD0, 0, 0], at: 2, "expected a segment, not marker FF D0"),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xE0, 0, 1], at: 2, "expected a segment, not marker FF E0"),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xE0, 9, 9], at: 6, cut),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 0xFF, 0xD9], at: 2, "a scan before the frame header"),
    InvalidFile([0xFF, 0xD8, 0xFF, 0xC0, 0, 3, 8, 0xFF, 0xD9], at: 6, "a frame header of 1 bytes"),
  ]

  static let damaged: [InvalidFile] = [
    InvalidFile(gray.dropLast() + [], at: gray.count - 1, cut),
    InvalidFile(gray.dropLast(9) + [], at: gray.count - 9, cut),
    InvalidFile(gray.prefix(100) + [], at: 100, cut),
    InvalidFile(changed(frame + 5, 0, 0), at: frame + 5, "24x0: no pixels"),
    InvalidFile(changed(frame + 7, 0, 0), at: frame + 5, "0x16: no pixels"),
    InvalidFile(
      changed(frame + 5, 255, 255, 255, 255), at: frame + 5, "65535x65535: more than 64,000,000 pixels"),
    InvalidFile(changed(frame + 5, 20, 0, 20, 0), at: frame + 5, "344 bytes cannot hold 5120x5120 pixels"),
    InvalidFile(changed(frame + 4, 12), at: frame + 4, "12 bits per sample; only 8 are supported"),
    InvalidFile(changed(frame + 9, 4), at: frame + 9, print),
    InvalidFile(changed(frame + 9, 2), at: frame + 9, "2 colour components; only 1 and 3 are supported"),
    InvalidFile(
      Array(gray[..<(frame + 13)]) + gray[frame...], at: frame + 13, "a second frame"),
    InvalidFile(changed(frame + 1, 0xE5), at: scan, "a scan before the frame header"),
    InvalidFile(changed(offset(0xDB) + 1, 0xE5), at: 0, decoder + "Quantization table 0x00 was not defined"),
    InvalidFile(changed(frame + 1, 0xC3), at: 0, decoder + "Unsupported JPEG process: SOF type 0xc3"),
    InvalidFile(
      gray.dropLast(12) + [0xFF, 0xD9], at: 0, decoder + "Corrupt JPEG data: premature end of data segment"),
  ]

  @Test(arguments: begun + damaged)
  func refuses(invalid: InvalidFile) {
    #expect(message { _ = try decode(invalid.file) } == invalid.expected)
  }

  @Test func refusesCMYK() {
    #expect(message { _ = try decode(Self.fixture("cmyk")) }.hasSuffix(Self.print))
  }

  @Test func refusesHundredsOfScans() {
    let scan = Self.offset(0xDA)
    let passes = Array(Self.gray[..<scan]) + (0..<65).flatMap { _ in Self.gray[scan..<Self.gray.count - 2] }
    #expect(
      message { _ = try decode(passes + [0xFF, 0xD9]) }.hasSuffix("more than 64 scans"))
  }
}
