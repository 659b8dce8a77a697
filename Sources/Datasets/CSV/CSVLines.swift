import FileIO
import Formatting

/// Whole lines of a file, many at a time, through one buffer.
struct CSVLines: ~Copyable {
  /// The bytes of the file that have been returned.
  private(set) var offset = 0
  private var source: ByteSource
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// The name of the file in errors.
  var name: String { source.name }
  /// The length of the file, nil where it is not known.
  let length: Int?

  /// The bytes that are read at a time.
  private let chunk: Int

  private static let (largestChunk, longestLine) = (1 << 20, 1 << 26)

  /// Opens a file; a byte order mark is skipped, UTF-16 and binary files are refused.
  init(_ source: consuming ByteSource) throws(DataError) {
    length = source.remaining
    self.source = source
    chunk = min(Self.largestChunk, max(4096, length ?? Self.largestChunk))
    buffer = [UInt8](repeating: 0, count: chunk + 1)
    try fill()
    let first = buffer[..<min(end, 4096)]
    if first.isEmpty { throw self.source.malformed(at: 0, "the file is empty") }
    if first.contains(0) || first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF]) {
      throw self.source.malformed(
        at: 0, "not CSV in UTF-8: \(FileSignature.describeForeignData(first, path: name))")
    }
    let text = buffer[..<end]
    if let mark = text.firstIndex(of: 0x0D), !text.contains(0x0A),
      text[mark...].contains(where: { $0 != 0x0D })
    {
      throw self.source.malformed(
        at: mark,
        "the lines end in CR alone, as on old Macs; convert it: tr '\\r' '\\n' < \(name.shellLiteral) > lf.csv"
      )
    }
    if first.starts(with: [0xEF, 0xBB, 0xBF]) { (start, offset) = (3, 3) }
  }

  /// Calls `body` with the lines in the buffer, each with its line break, and where they are in the file; false at the
  /// end of the file.
  ///
  /// `body` returns the number of bytes that it has used.
  mutating func next(
    _ body: (UnsafeBufferPointer<UInt8>, _ offset: Int) throws(DataError) -> Int
  ) throws(DataError) -> Bool {
    var last = lastBreak()
    while last == nil {
      if isAtEnd {
        if start == end { return false }
        // The last line has no line break; there is room for one.
        buffer[end] = 0x0A
        end += 1
        last = end
        break
      }
      guard end - start < Self.longestLine else {
        throw source.malformed(at: offset, "a line of more than \(Self.longestLine.grouped) bytes")
      }
      try fill()
      last = lastBreak()
    }
    guard let last else { return false }
    let region = start..<last
    let place = offset
    let used = try buffer.withUnsafeBufferPointer { (bytes) throws(DataError) in
      try body(UnsafeBufferPointer(rebasing: bytes[region]), place)
    }
    start += used
    offset += used
    return true
  }

  /// The index behind the last line break in the buffer.
  private func lastBreak() -> Int? {
    buffer[start..<end].lastIndex(of: 0x0A).map { $0 + 1 }
  }

  /// Reads more of the file behind the bytes that are left.
  private mutating func fill() throws(DataError) {
    if start > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
      (start, end) = (0, end - start)
    }
    if buffer.count - 1 - end < chunk / 2 {
      buffer += [UInt8](repeating: 0, count: buffer.count)
    }
    let (first, room) = (end, buffer.count - 1)
    let count = try buffer.withUnsafeMutableBufferPointer { (bytes) throws(DataError) in
      try source.read(
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[first..<room])))
    }
    end += count
    isAtEnd = count < room - first
  }

  /// An error about a byte of the file.
  func malformed(at byte: Int, _ reason: String) -> DataError { source.malformed(at: byte, reason) }
}
