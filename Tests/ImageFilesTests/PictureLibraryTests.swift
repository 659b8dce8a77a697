import FileIO
import ImageFiles
import Testing
import TestSupport

/// The formats whose libraries are loaded at run time.
struct PictureLibraryTests {
  static let (hasWebP, hasTIFF, hasHEIC) = (
    PictureFixture.isReadable("WebP"), PictureFixture.isReadable("TIFF"), PictureFixture.isReadable("HEIC")
  )

  private func refusal(_ file: [UInt8]) -> String { message { _ = try PictureFixture.decode(file) } }

  /// The file with `bytes` in the place of the first `count` bytes after `mark`.
  private func patched(_ file: [UInt8], after mark: [UInt8], skip: Int = 0, _ bytes: [UInt8]) throws
    -> [UInt8]
  {
    var file = file
    let start = try #require(file.indices.first { file[$0...].starts(with: mark) }) + mark.count + skip
    file.replaceSubrange(start..<start + bytes.count, with: bytes)
    return file
  }

  @Test func everyFormatIsListed() {
    let formats = PictureSupport.all
    #expect(formats.map(\.format) == ["PNG", "JPEG", "GIF", "BMP", "PNM", "WebP", "TIFF", "HEIC", "AVIF"])
    #expect(formats.prefix(5).allSatisfy { $0.isAvailable })
    for format in formats.dropFirst(5) {
      #expect(format.isAvailable ? format.details.hasPrefix("lib") : format.details.contains("install lib"))
    }
    #expect("\(formats[3])" == "BMP  built in")
  }

  @Test(arguments: PictureLibrary.allCases)
  func aMissingLibraryIsNamed(library: PictureLibrary) {
    let text = library.absence("libx.so.1: cannot open shared object file: No such file or directory")
    #expect(text.hasPrefix("\(library.formats) pictures are read with \(library.name), which could not be"))
    #expect(text.contains(library.installation) && !text.contains("\n"))
    #if os(Linux)
      let packages = [PictureLibrary.webp: "libwebp7", .tiff: "libtiff6", .heif: "libheif1"]
      #expect(library.installation == "apt install \(packages[library] ?? "")")
    #endif
  }

  @Test(arguments: PictureFixture.names("webp", "tiff", "heic", "avif"))
  func withoutItsLibraryAPictureIsUnreadable(name: String) throws {
    let library: PictureLibrary = name.hasSuffix("webp") ? .webp : name.hasSuffix("tiff") ? .tiff : .heif
    guard let error = library.loadError else { return }
    #expect(try refusal(PictureFixture.bytes(name)) == "f: \(library.absence(error))")
  }

  @Test(.enabled(if: hasWebP, "libwebp is missing"))
  func hostileWebPIsRefused() throws {
    let good = try PictureFixture.bytes("lossless.webp")
    // VP8L's sizes, less one, have 14 bits each after its signature.
    let large = try patched(good, after: Array("VP8L".utf8), skip: 5, [255, 255, 255, 15])
    #expect(refusal(large) == "f: byte 12: 16384x16384: more than 64,000,000 pixels")
    #expect(refusal(Array(good.dropLast())).hasSuffix("the file ends here, before the end of the picture"))
    #expect(
      refusal(Array(good.prefix(40)) + good.dropFirst(41) + [0]).hasPrefix("f: byte 0: libwebp: "))
    let long = try patched(good, after: Array("VP8L".utf8), [255, 255, 255, 255])
    #expect(refusal(long) == "f: byte 12: a chunk of 4,294,967,295 bytes exceeds the file")
    #expect(
      try refusal(PictureFixture.bytes("animation.webp"))
        == "f: byte 12: an animation; save one of its frames as PNG")
    let empty = Array("RIFF".utf8) + [4, 0, 0, 0] + Array("WEBP".utf8)
    #expect(refusal(empty) == "f: byte 0: libwebp: the header is damaged")
  }

  @Test(.enabled(if: hasTIFF, "libtiff is missing"))
  func hostileTIFFIsRefused() throws {
    let good = try PictureFixture.bytes("gray.tiff")
    /// The file with another value of a tag of four bytes, or two.
    func changed(_ tag: UInt16, _ value: UInt32) throws -> [UInt8] {
      let name = TestBytes.littleEndian(UInt32(tag), 2)
      let kinds: [UInt8] = [3, 4]
      let start = try #require(
        good.indices.first { index in
          good[index...].starts(with: name) && kinds.contains(good[index + 2]) && good[index + 3] == 0
        })
      var file = good
      file[start + 2] = 4
      file.replaceSubrange(start + 8..<start + 12, with: TestBytes.littleEndian(value, 4))
      return file
    }
    #expect(try refusal(changed(256, 8001 * 8000)).hasSuffix("64008000x17: more than 64,000,000 pixels"))
    #expect(try refusal(changed(256, 0)) == "f: byte 0: libtiff: Computed scanline size is zero")
    #expect(try refusal(changed(257, 0xFFFF_FFFF)).hasPrefix("f: byte 0: libtiff: "))
    #expect(try refusal(changed(257, 2_000_000)).hasSuffix("cannot hold 23x2000000 pixels"))
    // Uncompressed strips elsewhere, and unknown compressions.
    #expect(try refusal(changed(273, 0xFFFF_FFFF)).hasPrefix("f: byte 0: libtiff: "))
    #expect(try refusal(changed(259, 999)).hasPrefix("f: byte 0: libtiff: "))
    #expect(
      try refusal(PictureFixture.bytes("floats.tiff"))
        == "f: byte 0: floating-point samples; only unsigned integers are read")
    for count in stride(from: 4, to: good.count, by: 11) {
      #expect(refusal(Array(good.prefix(count))).hasPrefix("f: byte 0: "))
    }
  }

  @Test(.enabled(if: hasTIFF, "libtiff is missing"), arguments: 1...8)
  func everyOrientationOfTIFFIsTurned(number: Int) throws {
    var file = try PictureFixture.bytes("held.tiff")
    let tag = try #require(file.indices.first { file[$0...].starts(with: [0x12, 1, 3, 0, 1, 0, 0, 0, 6]) })
    file[tag + 8] = UInt8(number)
    let stored = try PictureFixture.decode(PictureFixture.bytes("lzw.tiff"))
    #expect(try PictureFixture.decode(file) == stored.turned(#require(Orientation(rawValue: number))))
    // So is a picture that libtiff converts.
    var tiles = try PictureFixture.bytes("planes.tiff")
    let other = try #require(
      tiles.indices.first { tiles[$0...].starts(with: [0x12, 1, 3, 0, 1, 0, 0, 0, 1]) })
    tiles[other + 8] = UInt8(number)
    #expect(try PictureFixture.decode(tiles) == stored.turned(#require(Orientation(rawValue: number))))
  }

  @Test(.enabled(if: hasHEIC, "libheif is missing"))
  func hostileHEICIsRefused() throws {
    let good = try PictureFixture.bytes("colour.heic")
    for count in stride(from: 12, to: good.count - 1, by: 37) {
      #expect(refusal(Array(good.prefix(count))).hasPrefix("f: byte 0: "))
    }
    let header: [UInt8] = [0, 0, 0, 16] + Array("ftypheic".utf8) + [0, 0, 0, 0]
    #expect(refusal(header).hasPrefix("f: byte 0: libheif: "))
  }

  @Test(.enabled(if: PictureFixture.isReadable("AVIF"), "libheif is missing"))
  func hostileSizesOfAVIFAreRefused() throws {
    let good = try PictureFixture.bytes("colour.avif")
    // The sizes are in the property ispe, after its version and flags.
    let large = try patched(good, after: Array("ispe".utf8), skip: 4, [0, 0, 0x3E, 0x81, 0, 0, 0x3E, 0x80])
    #expect(refusal(large) == "f: byte 0: 16001x16000: more than 64,000,000 pixels")
    let empty = try patched(good, after: Array("ispe".utf8), skip: 4, [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(refusal(empty).hasPrefix("f: byte 0: "))
  }
}
