import FileIO
import Testing

@Suite struct FileSignatureTests {
  @Test(
    arguments: [
      ([0x1F, 0x8B, 8], .gzip), ([0, 0, 8, 3], .idx), ([0, 0, 8], nil), (Array("P5\n".utf8), .pgm),
      (Array("P2 ".utf8), .pgm), ([0x89, 0x50, 0x4E, 0x47], .png), ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
      ([0xFD, 0x37, 0x7A, 0x58], .xz), (Array("BZh9".utf8), .bzip2), ([0x28, 0xB5, 0x2F, 0xFD], .zstandard),
      (Array("<?xml version".utf8), .xml), ([0xEF, 0xBB, 0xBF] + Array("<HTML>".utf8), .html), ([], nil),
      (Array("hello".utf8), nil), ([0, 0, 0, 24] + Array("ftypheic".utf8), .heif),
      (Array("RIFF".utf8) + [9, 0, 0, 0] + Array("WEBPVP8 ".utf8), .webp), (Array("GIF89a".utf8), .gif),
      (Array("P1 ".utf8), .pbm), (Array("P4\n".utf8), .pbm), (Array("P3#".utf8), .ppm),
      (Array("P6 ".utf8), .ppm),
      (Array("P1,P2".utf8), nil), (Array("P5".utf8), nil), ([0, 0, 0, 24] + Array("ftypavif".utf8), .avif),
      ([0, 0, 0, 28] + Array("ftypmif1".utf8) + [0, 0, 0, 0] + Array("mif1avif".utf8), .avif),
      ([0, 0, 0, 24] + Array("ftypMiHE".utf8) + [0, 0, 0, 0] + Array("mif1heic".utf8), .heif),
      ([0, 0, 0, 20] + Array("ftypqt  ".utf8) + [0, 0, 0, 0] + Array("qt  ".utf8), .video),
      (Array("BM".utf8), .bmp), ([0x49, 0x49, 0x2A, 0], .tiff), ([0x4D, 0x4D, 0, 0x2A], .tiff),
    ] as [([UInt8], FileSignature?)])
  func recognizes(bytes: [UInt8], expected: FileSignature?) {
    #expect(FileSignature(bytes) == expected)
  }
}
