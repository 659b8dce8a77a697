import Datasets
import Foundation
import ImageFiles
import Testing
import TestSupport

@Suite struct DatasetCacheTests {
  private func options(_ source: DataSource) -> DatasetOptions {
    var options = DatasetOptions(cacheFolder: source.path("cache"))
    options.rememberedDuration = .zero
    return options
  }

  private func fill(_ source: DataSource) throws {
    for index in 0..<20 {
      let file = TestPNG.file(2, 2, rows: [[UInt8(index), 1], [2, 3]])
      try source.write(file, "p/\(["ant", "cat"][index % 2])/\(index).png")
    }
    try source.write("note", "p/ant/readme.txt")
  }

  private func cacheFiles(_ source: DataSource) throws -> [String] {
    try listing(source.path("cache")).map { source.path("cache/\($0)") }
  }

  @Test("What is remembered is what was read")
  func roundTrip() throws {
    try DataSource.with { source in
      try fill(source)
      let options = options(source)
      let first = try source.load("p", options)
      let files = try cacheFiles(source)
      #expect(files.count == 1)
      let written = try contents(files[0])
      let second = try source.load("p", options)
      #expect(second.pool == first.pool && second.classNames == first.classNames)
      #expect(second.notices == first.notices && second.pictureSizes == first.pictureSizes)
      #expect(second.fingerprints() == first.fingerprints())
      #expect(try contents(files[0]) == written)
    }
  }

  @Test("It is read instead of the pictures, and anew where one of them has changed")
  func staleness() throws {
    try DataSource.with { source in
      try fill(source)
      let options = options(source)
      let first = try source.load("p", options)
      // The last pixel, before the checksum, of the cache; with the checksum that belongs to it.
      let path = try cacheFiles(source)[0]
      var bytes = try contents(path)
      bytes[bytes.count - 5] ^= 1
      let start = "cnn data cache 2\n".utf8.count + 32 + 8
      let sum = TestBytes.crc32(Array(bytes[start..<bytes.count - 4]))
      bytes.replaceSubrange((bytes.count - 4)..., with: TestBytes.littleEndian(sum, 4))
      try write(bytes, path)
      #expect(try source.load("p", options).fingerprint() != first.fingerprint(), "the cache is read")
      let same = TestPNG.file(2, 2, rows: [[0, 1], [2, 3]])
      try source.write(same, "p/ant/0.png")
      #expect(try source.load("p", options).fingerprint() == first.fingerprint(), "the file is another one")
      #expect(try cacheFiles(source).count == 1, "one file for a source and its options")
      var other = options
      other.shape = ImageShape(height: 1, width: 1)
      #expect(try source.load("p", other).pool.shape == other.shape)
      #expect(try cacheFiles(source).count == 2)
      #expect(try source.load("p", options).fingerprint() == first.fingerprint())
    }
  }

  @Test("A damaged cache is read over: every truncation and every bit of the header")
  func damage() throws {
    try DataSource.with { source in
      try fill(source)
      let options = options(source)
      let first = try source.load("p", options).fingerprint()
      let path = try cacheFiles(source)[0]
      let whole = try contents(path)
      var damaged = stride(from: 0, to: whole.count, by: 13).map { Array(whole[..<$0]) }
      for index in stride(from: 17, to: whole.count, by: 7) {
        var copy = whole
        copy[index] ^= 0x80 >> UInt8(index % 8)
        damaged.append(copy)
      }
      damaged.append(whole + [0])
      for bytes in damaged {
        try write(bytes, path)
        #expect(try source.load("p", options).fingerprint() == first)
      }
      // What cannot be trusted even with the right checksum.
      let start = "cnn data cache 2\n".utf8.count + 32 + 8
      for index in stride(from: start, to: whole.count - 4 - 80, by: 3) {
        for value in [UInt8(0xFF), 0x7F, 1] {
          var copy = whole
          copy[index] = value
          let sum = TestBytes.crc32(Array(copy[start..<copy.count - 4]))
          copy.replaceSubrange((copy.count - 4)..., with: TestBytes.littleEndian(sum, 4))
          try write(copy, path)
          _ = try? source.load("p", options)
        }
      }
    }
  }

  @Test func tablesAreRememberedToo() throws {
    try DataSource.with { source in
      try source.write("label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n", "c/mnist_test.csv")
      let first = try source.load("c", options(source))
      #expect(try cacheFiles(source).count == 1)
      #expect(try source.load("c", options(source)).pool == first.pool)
    }
  }

  @Test func aFolderThatCannotBeWrittenIsANotice() throws {
    try DataSource.with { source in
      try fill(source)
      try source.write("", "cache")
      let set = try source.load("p", options(source))
      #expect(set.pool.count == 20)
      #expect(set.notices.contains { $0.hasPrefix("what was read cannot be remembered: ") })
    }
  }
}
