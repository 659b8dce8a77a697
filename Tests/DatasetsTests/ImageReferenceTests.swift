import Datasets
import FileIO
import Testing
import TestSupport

@Suite struct ImageReferenceTests {
  @Test(
    arguments: [
      ("a.gz@7", "a.gz", 7...7), ("a@0..99", "a", 0...99), ("a@3..3", "a", 3...3), ("a", "a", nil),
      ("me@home/a", "me@home/a", nil), ("a@2x.png", "a@2x.png", nil), ("@7", "@7", nil), ("a@", "a@", nil),
      ("a@1..", "a@1..", nil), ("a@1...3", "a@1...3", nil), ("a@-1", "a@-1", nil), ("b@1@2", "b@1", 2...2),
      ("", "", nil),
    ] as [(String, String, ClosedRange<Int>?)])
  func parses(text: String, path: String, range: ClosedRange<Int>?) throws {
    let reference = try ImageReference(text)
    #expect(reference.path == path)
    #expect(reference.range == range)
  }

  @Test func anExistingFileIsAPath() throws {
    try withTemporaryFolder { folder in
      try write([1], "\(folder)/we ird@7")
      let reference = try ImageReference("\(folder)/we ird@7")
      #expect(reference.path == "\(folder)/we ird@7" && reference.range == nil)
    }
  }

  @Test(arguments: ["a@9..1", "a@99999999999999999999", "a@0..99999999999999999999"])
  func refuses(text: String) {
    #expect(
      message { _ = try ImageReference(text) }
        == "\(text): no such images: a range is @FIRST..LAST, both ends included")
  }

  private func read(_ suffix: String, _ bytes: [UInt8]) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      try write(bytes, "\(folder)/f")
      return try ImageReference("\(folder)/f\(suffix)")
        .read(from: ByteSource(path: "\(folder)/f")).pixels
    }
  }

  @Test func readsTheRequestedImages() throws {
    let idx = TestBytes.idx([3, 1, 2], [1, 2, 3, 4, 5, 6])
    for bytes in [idx, TestBytes.gzip(idx)] {
      #expect(try read("", bytes) == [1, 2, 3, 4, 5, 6])
      #expect(try read("@1", bytes) == [3, 4])
      #expect(try read("@1..2", bytes) == [3, 4, 5, 6])
      #expect(message { _ = try read("@3", bytes) } == "DIR/f: no image 3: the file has 3, 0 to 2")
      #expect(message { _ = try read("@1..3", bytes) } == "DIR/f: no image 3: the file has 3, 0 to 2")
    }
    #expect(throws: RedactedError.self) { try read("@0", TestBytes.gzip(idx).dropLast()) }
  }
}
