import FileIO
import Testing
import TestSupport

@Suite struct ZipArchiveTests {
  private func word(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// An archive of "hello" with the end of zip64 and, with `wideEntry`, its sizes in zip64's extra field; `change`
  /// alters the two records in front of the end.
  private func archive(
    wideEntry: Bool = false, extra: [UInt8]? = nil, narrow: Int = 0xFFFF_FFFF,
    _ change: (inout [UInt8]) -> Void = { _ in }
  ) -> [UInt8] {
    let content = Array("hello".utf8)
    let crc = TestBytes.littleEndian(TestBytes.crc32(content), 4)
    let name = Array("a".utf8)
    let sizes = [UInt8](repeating: 0xFF, count: 4)
    var bytes: [UInt8] =
      [0x50, 0x4B, 3, 4] + word(20, 2) + word(0, 8) + crc + word(5, 4) + word(5, 4) + word(1, 2) + word(0, 2)
    bytes += name + content
    let start = bytes.count
    let wide = extra ?? [9, 9, 2, 0, 0, 0, 1, 0, 24, 0] + word(5, 8) + word(5, 8) + word(0, 8)
    bytes += [0x50, 0x4B, 1, 2] + word(20, 2) + word(20, 2) + word(0, 8) + crc
    bytes += wideEntry ? sizes + sizes : word(5, 4) + word(5, 4)
    bytes += word(1, 2) + word(wideEntry ? wide.count : 0, 2) + word(0, 10)
    bytes += (wideEntry ? sizes : word(0, 4)) + name + (wideEntry ? wide : [])
    let end = bytes.count
    var records: [UInt8] =
      [0x50, 0x4B, 6, 6] + word(44, 8) + word(45, 2) + word(45, 2) + word(0, 8) + word(1, 8) + word(1, 8)
    records += word(end - start, 8) + word(start, 8)
    records += [0x50, 0x4B, 6, 7] + word(0, 4) + word(end, 8) + word(1, 4)
    change(&records)
    bytes +=
      records + [0x50, 0x4B, 5, 6] + word(0, 4) + word(1, 2) + word(1, 2) + word(narrow, 4) + word(narrow, 4)
      + word(0, 2)
    return bytes
  }

  private func read(_ bytes: [UInt8]) throws -> [UInt8] {
    let archive = try ZipArchive(parsing: bytes, name: "f")
    #expect(archive.entries.map(\.name) == ["a"])
    let range = try archive.storedRange(of: archive.entries[0])
    var source = try archive.source(of: archive.entries[0])
    let content = try source.readAll()
    #expect(content == Array(bytes[range]))
    return content
  }

  @Test("The end of zip64 in front of the end, and sizes in its extra field")
  func wide() throws {
    #expect(try read(archive()) == Array("hello".utf8))
    #expect(try read(archive(wideEntry: true)) == Array("hello".utf8))
  }

  @Test("Records of zip64 that do not fit the archive are refused")
  func refuses() {
    func expect(_ bytes: [UInt8], _ expected: String) {
      #expect(message { _ = try read(bytes) } == "f: byte " + expected)
    }
    let moved = "zip: zip64's end of the archive is not in front of its locator"
    expect(archive { $0[3] = 7 }, "139: \(moved)")
    expect(archive { $0[4] = 45 }, "139: \(moved)")
    expect(archive { $0[64] = 1 }, "139: \(moved)")
    expect(archive { $0[71] = 0x80 }, "139: \(moved)")
    expect(archive { $0[16] = 1 }, "99: zip: the archive is in several parts")
    expect(archive { $0[24] = 2 }, "99: zip: the archive is in several parts")
    expect(
      archive { ($0[24], $0[32]) = (2, 2) },
      "169: zip: the two ends of the archive, with and without zip64, differ")
    expect(archive(narrow: 9), "169: zip: the two ends of the archive, with and without zip64, differ")
    expect(
      archive { $0[47] = 0x80 },
      "123: zip: the directory of 9223372036854775855 bytes at 36 does not end where the archive does")
    let missing = "56: zip: a: its sizes are in a record of zip64 that is missing or invalid"
    expect(archive(wideEntry: true, extra: []), missing)
    expect(archive(wideEntry: true, extra: [1, 0, 8, 0] + word(5, 8)), missing)
    expect(archive(wideEntry: true, extra: [1, 0, 24, 0]), missing)
    expect(archive(wideEntry: true, extra: [1, 0, 24, 0] + [UInt8](repeating: 0xFF, count: 24)), missing)
    expect(
      archive(wideEntry: true, extra: [1, 0, 24, 0] + word(5, 8) + word(.max, 8) + word(0, 8)),
      "31: zip: a: its 9,223,372,036,854,775,807 bytes reach into the directory")
    expect(
      archive(wideEntry: true, extra: [1, 0, 24, 0] + word(.max, 8) + word(5, 8) + word(0, 8)),
      "0: zip: a: 5 bytes cannot hold 9,223,372,036,854,775,807")
    expect(
      archive(wideEntry: true, extra: [1, 0, 24, 0] + word(5, 8) + word(5, 8) + word(.max, 8)),
      "\(Int.max): zip: a: its header is not at byte \(Int.max)")
  }
}
