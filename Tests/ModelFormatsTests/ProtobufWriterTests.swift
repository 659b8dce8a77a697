import ModelFormats
import Testing
import TestSupport

@Suite struct ProtobufWriterTests {
  /// The bytes of a message that `body` writes.
  private func bytes(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var message = ProtobufWriter()
    body(&message)
    return message.bytes
  }

  /// The first two are the examples of the documentation of the encoding.
  @Test func aFieldIsATagAndItsValue() {
    #expect(bytes { $0.write(150, field: 1) } == [0x08, 0x96, 0x01])
    #expect(bytes { $0.write("testing", field: 2) } == [0x12, 0x07] + Array("testing".utf8))
    #expect(bytes { $0.write(1.5 as Float, field: 4) } == [0x25, 0x00, 0x00, 0xC0, 0x3F])
    #expect(bytes { $0.write(1.5 as Double, field: 1) } == [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    #expect(bytes { $0.write([0xFF, 0], field: 9) } == [0x4A, 0x02, 0xFF, 0x00])
    #expect(
      bytes { $0.writePacked([1, -2], field: 6) }
        == [0x32, 16, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0])
  }

  @Test(
    arguments: [
      (0, [0x00]), (1, [0x01]), (127, [0x7F]), (128, [0x80, 0x01]), (16_384, [0x80, 0x80, 0x01]),
      (Int.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
      (-1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    ] as [(Int, [UInt8])])
  func integersAreVarints(value: Int, varint: [UInt8]) {
    #expect(bytes { $0.write(value, field: 3) } == [0x18] + varint)
  }

  @Test func aFieldNumberAbove15TakesMoreBytes() {
    #expect(bytes { $0.write(1, field: 15) } == [0x78, 0x01])
    #expect(bytes { $0.write(1, field: 16) } == [0x80, 0x01, 0x01])
    #expect(bytes { $0.write(1, field: (1 << 29) - 1) } == [0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x01])
  }

  @Test func messagesNest() {
    let message = bytes { outer in
      outer.write(field: 3) { inner in
        inner.write(150, field: 1)
        inner.write(field: 2) { _ in }
      }
    }
    #expect(message == [0x1A, 0x05, 0x08, 0x96, 0x01, 0x12, 0x00])
  }

  @Test func nothingIsWrittenForNoValues() {
    #expect(ProtobufWriter().bytes.isEmpty)
    #expect(bytes { $0.writePacked([], field: 1) }.isEmpty)
    #expect(bytes { $0.write("", field: 1) } == [0x0A, 0x00])
  }
}
