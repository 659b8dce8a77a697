import ModelFormats
import Testing

@Suite struct CRC32CTests {
  @Test func knownAnswers() {
    #expect(CRC32C(of: Array("123456789".utf8).span).value == 0xE306_9283)
    #expect(CRC32C().value == 0)
    // RFC 3720, B.4: 32 bytes of zeros, of ones, and counting up.
    #expect(CRC32C(of: [UInt8](repeating: 0, count: 32).span).value == 0x8A91_36AA)
    #expect(CRC32C(of: [UInt8](repeating: 255, count: 32).span).value == 0x62A8_AB43)
    #expect(CRC32C(of: Array(0..<32).span).value == 0x46DD_794E)
  }

  @Test func incrementalUpdatesGiveTheSameChecksum() {
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 * 37) }
    for split in bytes.indices {
      var crc = CRC32C()
      crc.update(Array(bytes[..<split]).span)
      crc.update(Array(bytes[split...]).span)
      #expect(crc.value == CRC32C(of: bytes.span).value)
    }
  }
}
