/// PNG files built byte by byte, valid or not, with stored (uncompressed) rows.
package enum TestPNG {
  package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A chunk with its length and checksum.
  package static func chunk(_ type: String, _ content: [UInt8] = []) -> [UInt8] {
    let named = Array(type.utf8) + content
    return bigEndian(UInt32(content.count)) + named + bigEndian(TestBytes.crc32(named))
  }

  /// The header of `kind` 0 (gray), 2 (RGB), 3 (palette), 4 (gray and alpha) or 6 (RGB and alpha).
  package static func header(
    _ width: UInt32, _ height: UInt32, kind: UInt8 = 0, depth: UInt8 = 8, isInterlaced: Bool = false
  ) -> [UInt8] {
    chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, kind, 0, 0, isInterlaced ? 1 : 0])
  }

  /// The chunk of pixels: each row begins with its filter, 0.
  package static func pixels(_ rows: [[UInt8]]) -> [UInt8] { chunk("IDAT", zlib(rows.flatMap { [0] + $0 })) }

  package static let end = chunk("IEND")

  /// A whole file.
  package static func file(
    _ width: UInt32, _ height: UInt32, kind: UInt8 = 0, depth: UInt8 = 8, extra: [UInt8] = [],
    isInterlaced: Bool = false, rows: [[UInt8]]
  ) -> [UInt8] {
    signature + header(width, height, kind: kind, depth: depth, isInterlaced: isInterlaced) + extra
      + pixels(rows) + end
  }

  /// A zlib stream of one stored block.
  package static func zlib(_ content: [UInt8]) -> [UInt8] {
    let size = UInt32(content.count)
    let sums = content.reduce((a: UInt32(1), b: UInt32(0))) { sums, byte in
      let a = (sums.a + UInt32(byte)) % 65521
      return (a, (sums.b + a) % 65521)
    }
    return [0x78, 1, 1] + TestBytes.littleEndian(size, 2) + TestBytes.littleEndian(~size, 2) + content
      + bigEndian(sums.b << 16 | sums.a)
  }

  package static func bigEndian(_ word: UInt32) -> [UInt8] { TestBytes.littleEndian(word, 4).reversed() }
}
