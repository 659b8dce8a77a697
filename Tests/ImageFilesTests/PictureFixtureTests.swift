import FileIO
import Foundation
import ImageFiles
import Testing
import TestSupport

/// The files of `Tests/Fixtures/pictures/formats` and the pixels that Pillow reads from them.
enum PictureFixture {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/pictures/formats")

  /// The bytes of a file.
  static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: folder.appending(path: name)))
  }

  /// The names of the files with these endings.
  static func names(_ endings: String...) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { name in endings.contains { name.hasSuffix(".\($0)") } }.sorted()
  }

  /// Whether pictures of a format can be read here.
  static func isReadable(_ format: String) -> Bool {
    PictureSupport.all.contains { $0.format == format && $0.isAvailable }
  }

  static func decode(_ bytes: [UInt8]) throws -> Images {
    try PictureFile.decode(ByteSource(bytes: bytes, name: "f"))
  }
}

struct PictureFixtureTests {
  /// Compares a picture with Pillow's pixels, which may differ by `tolerance`.
  private func compare(_ name: String, tolerance: Int = 0) throws {
    let picture = try PictureFixture.decode(PictureFixture.bytes(name))
    let expected = try PictureFixture.decode(PictureFixture.bytes("\(name).png"))
    var (wanted, shape) = (expected.pixels, expected.shape)
    if picture.shape.channels == 3, shape.channels == 1 {
      // A library that gives gray in three channels.
      wanted += expected.pixels + expected.pixels
      shape = ImageShape(channels: 3, height: shape.height, width: shape.width)
    }
    #expect(picture.shape == shape)
    let difference = zip(picture.pixels, wanted).map { abs(Int($0) - Int($1)) }.max() ?? 0
    #expect(difference <= tolerance)
  }

  @Test(arguments: PictureFixture.names("bmp"))
  func readsBMP(name: String) throws {
    // Pillow cuts the fractions of 5 and 6 bits off.
    try compare(name, tolerance: name.contains("16") ? 1 : 0)
  }

  @Test(arguments: PictureFixture.names("gif"))
  func readsGIF(name: String) throws { try compare(name) }

  @Test(arguments: PictureFixture.names("pbm", "pgm", "ppm"))
  func readsPNM(name: String) throws { try compare(name) }

  @Test(
    .enabled(if: PictureFixture.isReadable("WebP"), "libwebp is missing"),
    arguments: PictureFixture.names("webp").filter { !$0.hasPrefix("animation") })
  func readsWebP(name: String) throws { try compare(name, tolerance: name.hasPrefix("lossy") ? 2 : 0) }

  @Test(
    .enabled(if: PictureFixture.isReadable("TIFF"), "libtiff is missing"),
    arguments: PictureFixture.names("tiff").filter { !$0.hasPrefix("floats") })
  func readsTIFF(name: String) throws { try compare(name, tolerance: name.hasPrefix("jpeg") ? 2 : 0) }

  @Test(
    .enabled(if: PictureFixture.isReadable("HEIC"), "libheif is missing"),
    arguments: PictureFixture.names("heic"))
  func readsHEIC(name: String) throws { try compare(name, tolerance: 6) }

  @Test(
    .enabled(if: PictureFixture.isReadable("AVIF"), "libheif is missing"),
    arguments: PictureFixture.names("avif"))
  func readsAVIF(name: String) throws { try compare(name, tolerance: 10) }

  @Test func thereAreFixturesOfEveryFormat() {
    #expect(PictureFixture.names("bmp").count >= 16 && PictureFixture.names("gif").count >= 8)
    #expect(PictureFixture.names("pbm", "pgm", "ppm").count >= 8)
    #expect(PictureFixture.names("webp").count >= 5 && PictureFixture.names("tiff").count >= 18)
    #expect(PictureFixture.names("heic", "avif").count >= 6)
  }

  @Test(arguments: PictureFixture.names("bmp", "gif", "pbm", "pgm", "ppm", "webp", "tiff", "heic", "avif"))
  func isRecognizedByItsContent(name: String) throws {
    #expect(try PictureFile.isPicture(FileSignature(PictureFixture.bytes(name))))
  }
}
