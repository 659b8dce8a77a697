import FileIO
import Testing
import TestSupport

@Suite struct ByteSourceTests {
  private func read(_ bytes: [UInt8], upTo count: Int = 1 << 20, name: String = "f") throws -> [UInt8] {
    var source = try ByteSource(bytes: bytes, name: name)
    let content = try source.read(upTo: count)
    try source.expectEnd(of: "it")
    return content
  }

  @Test func readsPlainAndGzipAlike() throws {
    let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(try read(content) == content)
    #expect(try read(TestBytes.gzip(content)) == content)
    try withTemporaryFolder { folder in
      for (name, bytes) in [
        ("a", content), ("a.gz", TestBytes.gzip(content)), ("b", TestBytes.gzip(content)),
      ] {
        try write(bytes, "\(folder)/\(name)")
        var source = try ByteSource(path: "\(folder)/\(name)")
        #expect(source.isCompressed == (bytes.count != content.count))
        #expect(try source.read(exactly: content.count) == content)
        #expect(source.offset == content.count)
        try source.expectEnd(of: "it")
      }
    }
  }

  @Test("A browser decompresses files on the way and keeps their names")
  func readsAPlainIDXFileThatIsCalledGzip() throws {
    let file = TestBytes.idx([1], [1])
    #expect(try read(file, name: "f.gz") == file)
  }

  @Test func readsSeveralMembers() throws {
    let members = TestBytes.gzip([1, 2]) + TestBytes.gzip([]) + TestBytes.gzip([3])
    #expect(try read(members) == [1, 2, 3])
  }

  @Test func peekingDoesNotAdvance() throws {
    for bytes in [[1, 2, 3, 4, 5], TestBytes.gzip([1, 2, 3, 4, 5])] {
      var source = try ByteSource(bytes: bytes, name: "f")
      #expect(try source.peek(2) == [1, 2])
      #expect(try source.peek(4) == [1, 2, 3, 4])
      #expect(source.offset == 0)
      #expect(try source.read(exactly: 1) == [1])
      #expect(try source.peek(9) == [2, 3, 4, 5])
      #expect(try source.read(exactly: 4) == [2, 3, 4, 5])
      #expect(source.offset == 5)
      try source.expectEnd(of: "it")
    }
  }

  @Test func readsChunksOfAnySize() throws {
    let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    for bytes in [content, TestBytes.gzip(content)] {
      var source = try ByteSource(bytes: bytes, name: "f")
      var collected: [UInt8] = []
      for count in [1, 0, 2, 60_000, 5] { collected += try source.read(exactly: count) }
      try source.skip(10)
      #expect(collected == Array(content[..<60_008]))
      #expect(try source.read(upTo: 100_000) == Array(content[60_018...]))
    }
  }

  @Test func countsTheRemainingBytesOfPlainFiles() throws {
    var plain = try ByteSource(bytes: [1, 2, 3], name: "f")
    _ = try plain.read(exactly: 1)
    #expect(plain.remaining == 2)
    let packed = try ByteSource(bytes: TestBytes.gzip([1]), name: "f")
    #expect(packed.remaining == nil)
  }

  @Test func aWrongSizeAllocatesLittle() throws {
    let content = [UInt8](repeating: 5, count: 3_000_000)
    var bytes: [UInt8] = []
    var source = try ByteSource(bytes: TestBytes.gzip(content), name: "f")
    #expect(throws: DataError.self) { try source.append(1 << 32, to: &bytes, expecting: 1 << 32) }
    #expect(bytes == content)
    #expect(bytes.capacity < 2 * content.count + 1 << 20)
  }

  @Test func theRightSizeAllocatesNoMore() throws {
    let content = [UInt8](repeating: 5, count: 3_000_001)
    var source = try ByteSource(bytes: TestBytes.gzip(content), name: "f")
    #expect(try source.read(exactly: content.count).capacity < content.count + 8192)
  }

  @Test(
    arguments: [
      ("f", [1, 2, 3], "f: byte 1: 2 bytes after the end of it"),
      ("f", TestBytes.gzip([1, 2, 3]), "f: byte 1 (decompressed): more bytes after the end of it"),
      ("f.gz", [], "f.gz: byte 0: not gzip: the file is empty"),
      ("f.gz", [0x1F], "f.gz: byte 0: not gzip: it begins with 1F"),
      (
        "f.gz", Array("\n <!DOCTYPE html><html>".utf8),
        "f.gz: byte 0: not gzip: this is an HTML page (\"<!DOCTYPE html\")"
      ),
      ("f.gz", Array("PK\u{3}\u{4}".utf8), "f.gz: byte 0: not gzip: this is a zip archive"),
      ("f.gz", [0x1F, 0x8B], "f.gz: byte 2: gzip: the file is cut off here"),
      ("f.gz", Array(TestBytes.gzip([1]).prefix(7)), "f.gz: byte 7: gzip: the file is cut off here"),
      ("f.gz", TestBytes.gzip([1]).dropLast(9), "f.gz: byte 15: gzip: the file is cut off here"),
      ("f.gz", TestBytes.gzip([1]).dropLast(1), "f.gz: byte 23: gzip: the file is cut off here"),
      ("f.gz", [0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 3], "f.gz: byte 4: gzip: unknown compression method"),
      ("f.gz", TestBytes.gzipHeader + [7, 0, 0], "f.gz: byte 11: gzip: invalid block type"),
      ("f.gz", TestBytes.gzipHeader + [1, 1, 0, 0, 0], "f.gz: byte 15: gzip: invalid stored block lengths"),
      ("f.gz", TestBytes.gzip([1]) + [9], "f.gz: byte 24: gzip: bytes after the end of the stream"),
      ("f.gz", TestBytes.gzip([1]) + [0, 0, 0], "f.gz: byte 24: gzip: bytes after the end of the stream"),
      ("f.gz", TestBytes.gzip([1]) + [0x1F], "f.gz: byte 24: gzip: bytes after the end of the stream"),
      ("f.gz", TestBytes.gzip([1]) + [0x1F, 0x8B], "f.gz: byte 26: gzip: the file is cut off here"),
      (
        "f.gz", TestBytes.gzip([1]).dropLast(8) + [1, 2, 3, 4, 1, 0, 0, 0],
        "f.gz: byte 20: gzip: incorrect data check"
      ),
      (
        "f.gz", TestBytes.gzip([1]).dropLast(4) + [2, 0, 0, 0],
        "f.gz: byte 24: gzip: incorrect length check"
      ),
      ("f.gz", [0x1F, 0x8B, 8, 0xE0, 0, 0, 0, 0, 0, 3], "f.gz: byte 4: gzip: unknown header flags set"),
      (
        "f.gz", [0x1F, 0x8B, 8, 2, 0, 0, 0, 0, 0, 3, 1, 2],
        "f.gz: byte 12: gzip: header crc mismatch"
      ),
      ("f.gz", [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3, 0x61], "f.gz: byte 11: gzip: the file is cut off here"),
      ("f.gz", [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 3, 9, 0], "f.gz: byte 12: gzip: the file is cut off here"),
      (
        "f.gz", TestBytes.gzipHeader + [0xFD, 0xFF, 0],
        "f.gz: byte 13: gzip: too many length or distance symbols"
      ),
      ("f.gz", TestBytes.gzipHeader + [3, 2, 0, 0], "f.gz: byte 12: gzip: invalid distance too far back"),
      ("f.gz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "f.gz: byte 0: not gzip: this is an xz file"),
      ("f.gz", Array("BZh91AY".utf8), "f.gz: byte 0: not gzip: this is a bzip2 file"),
    ] as [(String, [UInt8], String)])
  func refuses(name: String, bytes: [UInt8], expected: String) {
    #expect(message { _ = try read(bytes, upTo: 1, name: name) } == expected)
  }

  @Test func refusesEveryTruncation() {
    let whole = TestBytes.gzip(Array("some digits".utf8))
    for length in 0..<whole.count {
      #expect(throws: DataError.self) { try read(Array(whole[..<length]), name: "f.gz") }
    }
  }

  @Test func everyFlippedBitIsDetectedOrHarmless() {
    let content = Array("some digits".utf8)
    let whole = TestBytes.gzip(content)
    for bit in 0..<whole.count * 8 {
      var bytes = whole
      bytes[bit / 8] ^= 1 << (bit % 8)
      if let result = try? read(bytes, name: "f.gz") { #expect(result == content) }
    }
  }

  @Test func aFileThatCannotBeReadIsNamed() throws {
    try withTemporaryFolder { folder in
      #expect(
        message { _ = try ByteSource(path: "\(folder)/none") }
          == "\(folder)/none: No such file or directory")
      #expect(message { _ = try ByteSource(path: folder) } == "\(folder): this is a folder, not a file")
    }
  }
}
