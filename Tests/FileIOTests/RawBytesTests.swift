import FileIO
import Formatting
import Testing

@Suite struct RawBytesTests {
  @Test(
    arguments: [
      [], Array("plain é 😀 \u{10FE7F}\u{10FF00}".utf8), [0xFF], [0x80, 0x2E], [0xC3], [0xE2, 0x82],
      [0xE2, 0x82, 0x41],
      [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF5, 0x80], Array("\u{10FE80}\u{10FEFF}x".utf8),
      [0xF4, 0x8F, 0xBA],
      Array(0...255), Array(128...255) + Array("é".utf8) + [0xC3],
    ] as [[UInt8]])
  func nothingIsLost(bytes: [UInt8]) {
    #expect(String.decoding(rawBytes: bytes).rawBytes == bytes)
  }

  @Test func everyPairOfBytesComesBack() {
    for first in UInt8.min ... .max {
      for second in UInt8.min ... .max {
        for bytes in [[first, second], [0xF4, 0x8F, first, second]] {
          if String.decoding(rawBytes: bytes).rawBytes != bytes { Issue.record("\(bytes)") }
        }
      }
    }
  }

  @Test func namesOfDifferentBytesDiffer() {
    #expect(String.decoding(rawBytes: [0xFF]) != String.decoding(rawBytes: Array("\u{10FEFF}".utf8)))
    #expect(String.decoding(rawBytes: [0xFF]).unicodeScalars.map(\.value) == [0x10FEFF])
    #expect(String.decoding(rawBytes: Array("\u{10FEFF}".utf8)).unicodeScalars.count == 4)
  }

  @Test func whatIsNotToBeSeenIsEscaped() {
    let text = String.decoding(
      rawBytes: Array("a\u{1B}\n\u{7F}\u{9B}\u{2028}\u{202E}é😀\u{200D}".utf8) + [0x80, 0xFF])
    #expect(text.oneLine == "a\\u001b\\n\\u007f\\u009b\\u2028\\u202eé😀\u{200D}\\x80\\xff")
    #expect(text.oneLine.oneLine == text.oneLine)
    #expect(
      text.quoted == "\"a\\u001b\\n\\u007f\\u009b\\u2028\\u202eé😀\u{200D}\\udbff\\ude80\\udbff\\udeff\"")
  }

  @Test func componentsAreSplitAtBytes() {
    // An accent combines with the slash before it.
    #expect(lastComponent(of: "a/\u{301}b") == "\u{301}b")
    #expect(joinPath("a/", "\u{301}b") == "a/\u{301}b" && joinPath("a", "/\u{301}b") == "/\u{301}b")
  }
}
