/// Gzip members and IDX files built byte by byte.
package enum TestBytes {
  /// A gzip member with stored (uncompressed) content.
  package static func gzip(_ content: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    var rest = content[...]
    repeat {
      let block = rest.prefix(65535)
      rest = rest.dropFirst(65535)
      let size = UInt16(block.count)
      body += [rest.isEmpty ? 1 : 0] + littleEndian(UInt32(size), 2) + littleEndian(UInt32(~size), 2) + block
    } while !rest.isEmpty
    return gzipHeader + body + littleEndian(crc32(content), 4) + littleEndian(UInt32(content.count), 4)
  }

  /// A gzip member of `prefix` and then about `runs` x 258 zeros, 13 bits for each run, without its trailer.
  package static func gzipBomb(prefix: [UInt8], runs: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.write(1, 1)
    bits.write(1, 2)
    for byte in prefix + [0] { bits.writeCode(literal: byte) }
    for _ in 0..<runs {
      bits.writeCode(0xC5, 8)
      bits.writeCode(0, 5)
    }
    bits.writeCode(0, 7)
    return gzipHeader + bits.finished()
  }

  package static let gzipHeader: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]

  /// An IDX file of any element type, sizes and content, valid or not.
  package static func idx(type: UInt8 = 8, _ dimensions: [UInt32], _ content: [UInt8] = []) -> [UInt8] {
    [0, 0, type, UInt8(dimensions.count)] + dimensions.flatMap { littleEndian($0, 4).reversed() } + content
  }

  package static func littleEndian(_ word: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  package static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { word, _ in word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1 }
    }
  }

  private struct BitWriter {
    private var bytes: [UInt8] = []
    private var word: UInt32 = 0
    private var used: UInt32 = 0

    mutating func write(_ value: UInt32, _ count: UInt32) {
      word |= value << used
      used += count
      while used >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: word))
        word >>= 8
        used -= 8
      }
    }

    /// Huffman codes are written from the highest bit.
    mutating func writeCode(_ code: UInt32, _ count: UInt32) {
      for bit in (0..<count).reversed() { write(code >> bit & 1, 1) }
    }

    mutating func writeCode(literal byte: UInt8) {
      byte < 144 ? writeCode(0x30 + UInt32(byte), 8) : writeCode(0x190 + UInt32(byte) - 144, 9)
    }

    consuming func finished() -> [UInt8] {
      write(0, 7)
      return bytes
    }
  }
}
