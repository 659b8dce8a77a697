import Formatting

/// The central directory of a zip archive: where it is, and its records.
struct ZipDirectory {
  /// Where it lies in the file.
  let range: Range<Int>
  /// The number of entries that the end of the archive announces.
  private let count: Int
  /// Where the number of entries is written.
  private let countOffset: Int
  private let bytes: [UInt8]
  private let name: String

  private static let (endLength, entryLength) = (22, 46)
  /// The sizes of the records that zip64 puts in front of the end of the archive.
  private static let (wideEndLength, locatorLength) = (56, 20)

  static func signature(_ third: UInt8, _ fourth: UInt8) -> [UInt8] { [0x50, 0x4B, third, fourth] }

  /// Finds the directory of the archive in `bytes`, called `name` in errors.
  init(of bytes: [UInt8], name: String) throws(DataError) {
    (self.bytes, self.name) = (bytes, name)
    guard FileSignature.isZip(bytes) || bytes.starts(with: Self.signature(5, 6)) else {
      throw Self.fault(name, "not an archive: \(FileSignature.describe(bytes))", at: 0)
    }
    guard let end = Self.end(of: bytes) else {
      throw Self.fault(name, "the end of the archive is missing; the file is cut off", at: bytes.count)
    }
    func field(_ offset: Int, _ count: Int) -> UInt64 { bytes.littleEndian(at: end + offset, count) }
    guard field(4, 2) == 0, field(6, 2) == 0, field(8, 2) == field(10, 2) else {
      throw Self.fault(name, "the archive is in several parts", at: end + 4)
    }
    let narrow = (count: field(10, 2), size: field(12, 4), start: field(16, 4))
    let directoryEnd: Int
    let (number, size, start): (UInt64, UInt64, UInt64)
    if let wide = try Self.wideEnd(of: bytes, before: end, name: name) {
      func wideField(_ offset: Int) -> UInt64 { bytes.littleEndian(at: wide + offset, 8) }
      (number, size, start) = (wideField(32), wideField(40), wideField(48))
      (directoryEnd, countOffset) = (wide, wide + 32)
      for (narrow, wide, largest) in [
        (narrow.count, number, 0xFFFF), (narrow.size, size, 0xFFFF_FFFF), (narrow.start, start, 0xFFFF_FFFF),
      ] where narrow != largest && narrow != wide {
        throw Self.fault(name, "the two ends of the archive, with and without zip64, differ", at: end + 10)
      }
    } else {
      (number, size, start) = narrow
      (directoryEnd, countOffset) = (end, end + 10)
      if number == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
        throw Self.fault(
          name, "the records of zip64 that the end of the archive refers to are missing", at: end)
      }
    }
    guard let start = Int(exactly: start), let size = Int(exactly: size), start <= directoryEnd,
      size == directoryEnd - start
    else {
      throw Self.fault(
        name, "the directory of \(size) bytes at \(start) does not end where the archive does",
        at: countOffset + (directoryEnd == end ? 2 : 8))
    }
    (range, count) = (start..<directoryEnd, Int(clamping: number))
  }

  /// All entries in order; throws `malformed` for more than `largestCount`, and for two with one name.
  func entries(largestCount: Int) throws(DataError) -> [ZipArchive.Entry] {
    guard count <= largestCount else {
      let limit = "the limit is \(largestCount.grouped)"
      throw fault("\(count.grouped) entries; \(limit)", at: countOffset)
    }
    var (entries, names): ([ZipArchive.Entry], Set<String>) = ([], [])
    var offset = range.lowerBound
    for _ in 0..<count {
      let (entry, length) = try entry(at: offset)
      guard names.insert(entry.name).inserted else {
        throw fault("duplicate entry \(entry.name)", at: offset)
      }
      entries.append(entry)
      offset += length
    }
    guard offset == range.upperBound else {
      let rest = (range.upperBound - offset).pluralized("byte")
      throw fault("\(rest) after the last entry of the directory", at: offset)
    }
    return entries
  }

  /// The offset of the end-of-central-directory record: a comment of the length in it follows.
  private static func end(of bytes: [UInt8]) -> Int? {
    let last = bytes.count - endLength
    guard last >= 0 else { return nil }
    return (max(0, last - 0xFFFF)...last).last { offset in
      bytes[offset...].starts(with: signature(5, 6))
        && bytes.littleEndian(at: offset + 20, 2) == UInt64(last - offset)
    }
  }

  /// The offset of zip64's end record in front of the end record at `end`, nil if there is none.
  private static func wideEnd(of bytes: [UInt8], before end: Int, name: String) throws(DataError) -> Int? {
    let locator = end - locatorLength
    guard locator >= 0, bytes[locator...].starts(with: signature(6, 7)) else { return nil }
    let start = locator - wideEndLength
    guard start >= 0, bytes.littleEndian(at: locator + 8, 8) == UInt64(start),
      bytes[start...].starts(with: signature(6, 6)), bytes.littleEndian(at: start + 4, 8) == 44
    else { throw fault(name, "zip64's end of the archive is not in front of its locator", at: locator) }
    func field(_ offset: Int, _ count: Int) -> UInt64 { bytes.littleEndian(at: start + offset, count) }
    guard field(16, 4) == 0, field(20, 4) == 0, field(24, 8) == field(32, 8) else {
      throw fault(name, "the archive is in several parts", at: start + 16)
    }
    return start
  }

  /// The entry at `offset`, and the length of its record.
  private func entry(at offset: Int) throws(DataError) -> (ZipArchive.Entry, length: Int) {
    guard range.upperBound - offset >= Self.entryLength, bytes[offset...].starts(with: Self.signature(1, 2))
    else { throw fault("no entry of the directory begins here", at: offset) }
    func field(_ start: Int, _ count: Int) -> Int { Int(bytes.littleEndian(at: offset + start, count)) }
    let (nameLength, extraLength) = (field(28, 2), field(30, 2))
    let length = Self.entryLength + nameLength + extraLength + field(32, 2)
    guard range.upperBound - offset >= length else {
      throw fault("an entry of the directory is cut off", at: offset)
    }
    let first = offset + Self.entryLength
    let name = String(decoding: bytes[first..<first + nameLength], as: UTF8.self).oneLine
    var sizes = [field(24, 4), field(20, 4), field(42, 4)]
    if sizes.contains(0xFFFF_FFFF) {
      let extra = first + nameLength..<first + nameLength + extraLength
      guard let wide = wideSizes(in: extra, replacing: sizes) else {
        throw fault("\(name): its sizes are in a record of zip64 that is missing or invalid", at: offset + 20)
      }
      sizes = wide
    }
    let entry = ZipArchive.Entry(
      name: name, flags: UInt64(field(8, 2)), method: UInt64(field(10, 2)), crc32: UInt32(field(16, 4)),
      compressedSize: sizes[1], size: sizes[0], headerOffset: sizes[2])
    return (entry, length)
  }

  /// The sizes, each of which that is FFFFFFFF replaced with the next one of zip64's extra field; nil without it.
  private func wideSizes(in extra: Range<Int>, replacing sizes: [Int]) -> [Int]? {
    var position = extra.lowerBound
    while extra.upperBound - position >= 4 {
      let (kind, length) = (bytes.littleEndian(at: position, 2), Int(bytes.littleEndian(at: position + 2, 2)))
      position += 4
      guard extra.upperBound - position >= length else { return nil }
      if kind != 1 {
        position += length
        continue
      }
      let end = position + length
      var result: [Int] = []
      for size in sizes {
        guard size == 0xFFFF_FFFF else {
          result.append(size)
          continue
        }
        guard end - position >= 8, let wide = Int(exactly: bytes.littleEndian(at: position, 8)) else {
          return nil
        }
        result.append(wide)
        position += 8
      }
      return result
    }
    return nil
  }

  private func fault(_ reason: String, at byte: Int) -> DataError { Self.fault(name, reason, at: byte) }

  private static func fault(_ name: String, _ reason: String, at byte: Int) -> DataError {
    .malformed(path: name, byte: byte, reason: "zip: \(reason)")
  }
}
