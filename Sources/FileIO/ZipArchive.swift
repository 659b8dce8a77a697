import Formatting

/// The entries of a zip archive, stored or compressed by deflate; all offsets and sizes are checked.
///
/// Sizes and checksums are read from the central directory, so that entries that were streamed (flag 3) are read
/// too. The records of zip64 are read wherever a writer puts them: PyTorch's does for files of any size.
package struct ZipArchive: Sendable {
  /// An entry of the central directory.
  package struct Entry: Sendable {
    package let name: String
    let flags: UInt64
    let method: UInt64
    let crc32: UInt32
    let compressedSize: Int
    /// The size of the content in bytes, not yet held against the file's length.
    package let size: Int
    let headerOffset: Int
  }

  /// The name in error messages.
  package let name: String
  /// The entries in the order of the directory.
  package let entries: [Entry]
  private let bytes: [UInt8]
  /// The offset of the central directory; the data of all entries ends before it.
  private let directoryOffset: Int

  private static let headerLength = 30

  /// Parses the central directory of at most `largestCount` entries; throws `malformed` if it is invalid.
  package init(parsing bytes: [UInt8], name: String, largestCount: Int = 1024) throws(DataError) {
    let directory = try ZipDirectory(of: bytes, name: name)
    (self.name, self.bytes, directoryOffset) = (name, bytes, directory.range.lowerBound)
    entries = try directory.entries(largestCount: largestCount)
  }

  /// The content of an entry; reading it to its end verifies its checksum.
  package func source(of entry: Entry) throws(DataError) -> ByteSource {
    ByteSource(
      bytes, range: try range(of: entry), name: "\(name)[\(entry.name)]",
      format: entry.method == 0 ? nil : .deflate, crc32: entry.crc32)
  }

  /// Where the content of a stored entry lies in the file, after its checksum has been verified.
  ///
  /// Throws `malformed` if it is compressed or damaged; a checksum of 0 stands for none, as PyTorch writes on request.
  package func storedRange(of entry: Entry) throws(DataError) -> Range<Int> {
    let range = try range(of: entry)
    func fault(_ reason: String) -> DataError {
      .malformed(path: name, byte: range.lowerBound, reason: "zip: \(entry.name): \(reason)")
    }
    if entry.method != 0 { throw fault("it is compressed; only stored entries are supported here") }
    var crc = CRC32(expected: entry.crc32)
    bytes[range].withUnsafeBytes { crc.update($0) }
    guard crc.isValid || entry.crc32 == 0 else {
      throw fault("the checksum (CRC-32) is wrong; the file is damaged")
    }
    return range
  }

  /// Where the content of an entry lies, still compressed; its sizes fit each other and the file.
  private func range(of entry: Entry) throws(DataError) -> Range<Int> {
    let start = entry.headerOffset
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: "zip: \(entry.name): \(reason)")
    }
    guard directoryOffset >= Self.headerLength, start <= directoryOffset - Self.headerLength,
      bytes[start...].starts(with: ZipDirectory.signature(3, 4))
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
    guard first <= directoryOffset, entry.compressedSize <= directoryOffset - first else {
      throw fault("its \(entry.compressedSize.pluralized("byte")) reach into the directory", at: first)
    }
    // Deflate expands two bits to at most 258 bytes.
    let isStored = entry.method == 0
    let largestSize = isStored ? entry.compressedSize : (entry.compressedSize + 1) * 1032
    guard entry.size <= largestSize, !isStored || entry.size == entry.compressedSize else {
      throw fault("\(entry.compressedSize.grouped) bytes cannot hold \(entry.size.grouped)", at: start)
    }
    return first..<first + entry.compressedSize
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
      directory += ZipDirectory.signature(1, 2) + version + common + [UInt8](repeating: 0, count: 10)
      directory += UInt32(archive.count).littleEndianBytes + name.utf8
      archive += ZipDirectory.signature(3, 4) + common + name.utf8 + content
    }
    var end = ZipDirectory.signature(5, 6) + [0, 0, 0, 0]
    for _ in ["on this disk", "in all"] { end += UInt16(files.count).littleEndianBytes }
    end += UInt32(directory.count).littleEndianBytes + UInt32(archive.count).littleEndianBytes + [0, 0]
    return archive + directory + end
  }
}
