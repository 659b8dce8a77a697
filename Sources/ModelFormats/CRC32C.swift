/// An incremental CRC-32C (Castagnoli, reflected polynomial 0x82F63B78).
public struct CRC32C: Sendable {
  private var state = UInt32.max

  /// The checksum of no bytes.
  public init() {}

  /// The checksum of `bytes`.
  public init(of bytes: Span<UInt8>) { update(bytes) }

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  /// Adds bytes, eight at a time ("slicing by 8", Kounavis and Berry 2005).
  public mutating func update(_ bytes: Span<UInt8>) {
    var state = state
    Self.tables.withUnsafeBufferPointer { tables in
      bytes.withUnsafeBytes { bytes in
        let wholeWords = bytes.count & ~7
        for offset in stride(from: 0, to: wholeWords, by: 8) {
          let loaded = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          let word = UInt64(littleEndian: loaded) ^ UInt64(state)
          state = 0
          for lane in 0..<8 {
            state ^= tables[(7 &- lane) &* 256 &+ Int(truncatingIfNeeded: word >> (8 &* lane) & 255)]
          }
        }
        for byte in bytes[wholeWords...] {
          state = tables[Int((state ^ UInt32(byte)) & 255)] ^ state >> 8
        }
      }
    }
    self.state = state
  }

  /// Eight tables of 256 entries: table k is the checksum of a byte that is followed by k zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](0..<256)
    for byte in 0..<256 {
      for _ in 0..<8 {
        let polynomial: UInt32 = tables[byte] & 1 == 0 ? 0 : 0x82F6_3B78
        tables[byte] = tables[byte] >> 1 ^ polynomial
      }
    }
    for index in 256..<2048 {
      let before = tables[index - 256]
      tables.append(tables[Int(before & 255)] ^ before >> 8)
    }
    return tables
  }()
}
