import Formatting

/// The entries of a zip archive, stored or compressed by deflate; all offsets and sizes are checked.
///
/// Sizes and checksums are read from the central directory, so that entries that were streamed (flag 3) are read
/// too. Zip64 archives, needed for files beyond 4 GiB only, are refused.
package struct ZipArchive: Sendable {
  /// An entry of the central directory.
  package struct Entry: Sendable {
    package let name: String
    let flags: UInt64
    let method: UInt64
    let crc32: UInt32
    let compressedSize: Int
    let size: Int
    let headerOffset: Int
  }

  /// The name in error messages.
  package let name: String
  /// The entries in the order of the directory.
  package let entries: [Entry]
  private let bytes: [UInt8]
  /// The offset of the central directory; the data of all entries ends before it.
  private let directoryOffset: Int

  private static let largestCount = 1024
  private static let (endLength, headerLength, entryLength) = (22, 30, 46)

  /// Parses the central directory; throws `malformed` if it is invalid.
  package init(parsing bytes: [UInt8], name: String) throws(DataError) {
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: "zip: \(reason)")
    }
    guard FileSignature(bytes) == .zip || bytes.starts(with: Self.signature(5, 6)) else {
      throw fault("not an archive: \(FileSignature.describe(bytes))", at: 0)
    }
    guard let end = Self.end(of: bytes) else {
      throw fault("the end of the archive is missing; the file is cut off", at: bytes.count)
    }
    func field(_ offset: Int, _ count: Int) -> Int { Int(bytes.littleEndian(at: end + offset, count)) }
    guard field(4, 2) == 0, field(6, 2) == 0, field(8, 2) == field(10, 2) else {
      throw fault("the archive is in several parts", at: end + 4)
    }
    let (count, size, start) = (field(10, 2), field(12, 4), field(16, 4))
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
      throw fault("zip64 archives, larger than 4 GiB, are not supported", at: end + 8)
    }
    guard count <= Self.largestCount else {
      throw fault("\(count.grouped) entries; the limit is \(Self.largestCount.grouped)", at: end + 10)
    }
    guard start + size == end else {
      throw fault(
        "the directory of \(size) bytes at \(start) does not end where the archive does", at: end + 12)
    }
    var (entries, names): ([Entry], Set<String>) = ([], [])
    var offset = start
    for _ in 0..<count {
      let (entry, length) = try Self.entry(in: bytes[..<end], at: offset, fault)
      guard names.insert(entry.name).inserted else {
        throw fault("duplicate entry \(entry.name)", at: offset)
      }
      entries.append(entry)
      offset += length
    }
    guard offset == end else {
      throw fault("\((end - offset).pluralized("byte")) after the last entry of the directory", at: offset)
    }
    (self.name, self.bytes, self.entries, directoryOffset) = (name, bytes, entries, start)
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

  private static func signature(_ third: UInt8, _ fourth: UInt8) -> [UInt8] { [0x50, 0x4B, third, fourth] }

  /// The entry of the directory at `offset`, and the length of its record.
  private static func entry(
    in bytes: ArraySlice<UInt8>, at offset: Int, _ fault: (String, Int) -> DataError
  ) throws(DataError) -> (Entry, length: Int) {
    guard offset + entryLength <= bytes.count, bytes[offset...].starts(with: signature(1, 2)) else {
      throw fault("no entry of the directory begins here", offset)
    }
    func field(_ start: Int, _ count: Int) -> Int { Int(bytes.littleEndian(at: offset + start, count)) }
    let nameLength = field(28, 2)
    let length = entryLength + nameLength + field(30, 2) + field(32, 2)
    guard offset + length <= bytes.count else { throw fault("an entry of the directory is cut off", offset) }
    let name = bytes[offset + entryLength..<offset + entryLength + nameLength]
    let entry = Entry(
      name: String(decoding: name, as: UTF8.self).printable, flags: UInt64(field(8, 2)),
      method: UInt64(field(10, 2)), crc32: UInt32(field(16, 4)), compressedSize: field(20, 4),
      size: field(24, 4), headerOffset: field(42, 4))
    if [entry.compressedSize, entry.size, entry.headerOffset].contains(0xFFFF_FFFF) {
      throw fault("\(entry.name) is a zip64 entry, larger than 4 GiB, which is not supported", offset + 20)
    }
    return (entry, length)
  }

  /// The content of an entry; reading it to its end verifies its checksum.
  package func source(of entry: Entry) throws(DataError) -> ByteSource {
    let start = entry.headerOffset
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: "zip: \(entry.name): \(reason)")
    }
    guard start + Self.headerLength <= directoryOffset, bytes[start...].starts(with: Self.signature(3, 4))
    else {
      throw fault("its header is not at byte \(start)", at: start)
    }
    func field(_ offset: Int, _ count: Int) -> Int { Int(bytes.littleEndian(at: start + offset, count)) }
    if entry.flags & 1 != 0 { throw fault("it is encrypted", at: start + 6) }
    guard field(8, 2) == Int(entry.method) else {
      throw fault("its header and the directory name different compression methods", at: start + 8)
    }
    guard entry.method == 0 || entry.method == 8 else {
      throw fault(
        "compression method \(entry.method); only 0 (stored) and 8 (deflate) are supported", at: start + 8)
    }
    let first = start + Self.headerLength + field(26, 2) + field(28, 2)
    guard first + entry.compressedSize <= directoryOffset else {
      throw fault("its \(entry.compressedSize.pluralized("byte")) reach into the directory", at: first)
    }
    // Deflate expands two bits to at most 258 bytes.
    let isStored = entry.method == 0
    let largestSize = isStored ? entry.compressedSize : (entry.compressedSize + 1) * 1032
    guard entry.size <= largestSize, !isStored || entry.size == entry.compressedSize else {
      throw fault("\(entry.compressedSize.grouped) bytes cannot hold \(entry.size.grouped)", at: start)
    }
    return ByteSource(
      bytes, range: first..<first + entry.compressedSize, name: "\(name)[\(entry.name)]",
      format: isStored ? nil : .deflate, crc32: entry.crc32)
  }

  /// An archive of `files`, stored, with the date 1980-01-01: equal files give equal bytes.
  package static func encode(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
    var (archive, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, content) in files {
      let version: [UInt8] = [20, 0]
      // No flags, no compression, midnight, January 1.
      var common = version + [0, 0, 0, 0, 0, 0, 0x21, 0]
      common += CRC32.checksum(content).littleEndianBytes
      for _ in ["compressed", "whole"] { common += UInt32(content.count).littleEndianBytes }
      common += UInt16(name.utf8.count).littleEndianBytes + [0, 0]
      directory += signature(1, 2) + version + common + [UInt8](repeating: 0, count: 10)
      directory += UInt32(archive.count).littleEndianBytes + name.utf8
      archive += signature(3, 4) + common + name.utf8 + content
    }
    var end = signature(5, 6) + [0, 0, 0, 0]
    for _ in ["on this disk", "in all"] { end += UInt16(files.count).littleEndianBytes }
    end += UInt32(directory.count).littleEndianBytes + UInt32(archive.count).littleEndianBytes + [0, 0]
    return archive + directory + end
  }
}

extension String {
  /// The text with a question mark for each control character, for one line of an error message.
  package var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
  }
}
