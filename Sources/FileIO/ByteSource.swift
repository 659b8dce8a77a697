import Formatting

/// The bytes of a file, plain or gzip, in order, never more of them in memory than the caller asks for.
///
/// Gzip is known by its first two bytes, whatever the file is called; a name ending in `.gz` with other content
/// is an error. Several gzip members follow one another as one stream; each member's checksum and length are
/// checked. Faults of the compression carry the byte of the file, faults of the content that of the content.
public struct ByteSource: ~Copyable {
  /// What errors call the source: its path.
  public let name: String
  /// Whether the bytes are being decompressed.
  public let isCompressed: Bool
  /// The most bytes of content that are read into memory at once (4 GiB).
  public static let byteLimit = 1 << 32
  /// How many bytes of the content have been read.
  public private(set) var offset = 0
  private var raw: BufferedReader
  private var inflater: Inflater?
  private var isInsideMember = true
  /// Content that was looked at and is still to be read.
  private var ahead: [UInt8] = []
  private var checksum: CRC32?

  /// Opens the file at `path`, which errors call `name`; throws if it cannot be read.
  public init(path: String, name: String? = nil) throws(DataError) {
    try self.init(BufferedReader(InputFile(path: path, name: name ?? path)), name: name ?? path)
  }

  /// Reads from memory.
  public init(bytes: [UInt8], name: String) throws(DataError) {
    try self.init(BufferedReader(bytes), name: name)
  }

  /// Reads standard input, which errors call `name`.
  public init(standardInput name: String) throws(DataError) {
    try self.init(BufferedReader(InputFile(standardInput: name)), name: name)
  }

  /// Reads the part of a file in memory that `name` tells; `crc32`, where known, is checked at its end.
  package init(
    _ bytes: [UInt8], range: Range<Int>, name: String, format: Inflater.Format?, crc32: UInt32? = nil
  ) {
    self.name = name
    raw = BufferedReader(bytes, range: range)
    isCompressed = format != nil
    inflater = format.flatMap { Inflater($0) }
    checksum = crc32.map { CRC32(expected: $0) }
  }

  private init(_ bytes: consuming BufferedReader, name: String) throws(DataError) {
    let start = try bytes.peek(FileSignature.length)
    let isGzip = FileSignature(start) == .gzip
    if !isGzip, name.hasSuffix(".gz") {
      throw .malformed(path: name, byte: 0, reason: "not gzip: \(FileSignature.describe(start))")
    }
    self.name = name
    raw = bytes
    isCompressed = isGzip
    inflater = isGzip ? Inflater(.gzip) : nil
  }

  /// How many bytes are left, or nil where that is not known beforehand (gzip, a pipe).
  public var remaining: Int? {
    isCompressed ? nil : raw.length.map { max(0, $0 - offset) }
  }

  /// The next `count` bytes, or fewer if the content ends before; they stay to be read.
  public mutating func peek(_ count: Int) throws(DataError) -> [UInt8] {
    if ahead.count < count {
      let start = offset
      ahead = try read(upTo: count)
      offset = start
    }
    return Array(ahead.prefix(count))
  }

  /// Fills `buffer` and returns its size, or less if the content ends before.
  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    var filled = min(ahead.count, buffer.count)
    if filled > 0 {
      ahead.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
      ahead.removeFirst(filled)
    }
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = isCompressed ? try inflate(into: rest) : try raw.read(into: rest)
      if count == 0 { break }
      checksum?.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      filled += count
    }
    offset += filled
    return filled
  }

  /// The next `count` bytes, or fewer if the content ends before.
  public mutating func read(upTo count: Int) throws(DataError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(DataError) in
      try read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    return Array(bytes.prefix(received))
  }

  /// The next `count` bytes; throws if the content ends before.
  public mutating func read(exactly count: Int) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    try append(count, to: &bytes, expecting: count)
    return bytes
  }

  /// All bytes to the end of the content; throws if there are more than `limit`.
  public mutating func readAll(limit: Int = ByteSource.byteLimit) throws(DataError) -> [UInt8] {
    let fault = malformed(at: limit, "larger than \(limit.grouped) bytes, which is too much")
    if let remaining, remaining > limit { throw fault }
    var bytes: [UInt8] = []
    while true {
      let part = try read(upTo: min(limit + 1, (remaining ?? 0) + max(1 << 16, bytes.count)))
      if part.isEmpty { return bytes }
      bytes += part
      if bytes.count > limit { throw fault }
    }
  }

  /// Appends the next `count` bytes to `bytes`, which will hold `total` bytes when all is read.
  ///
  /// The array grows with what really arrives, by doubling towards exactly `total`: a size that is a lie never
  /// allocates more than twice the true one (and 1 MiB), and the truth never more than itself.
  public mutating func append(
    _ count: Int, to bytes: inout [UInt8], expecting total: Int
  ) throws(DataError) {
    let end = bytes.count + count
    while bytes.count < end {
      if bytes.count == bytes.capacity || bytes.isEmpty {
        bytes.reserveCapacity(Self.nextCapacity(after: bytes.count, total: max(total, end)))
      }
      let wanted = min(end, bytes.capacity) - bytes.count
      var received = 0
      try bytes.append(addingCapacity: wanted) { (span: inout OutputSpan<UInt8>) throws(DataError) in
        try span.withUnsafeMutableBufferPointer { (buffer, initialized) throws(DataError) in
          let free = UnsafeMutableBufferPointer(rebasing: buffer[initialized..<initialized + wanted])
          received = try read(into: UnsafeMutableRawBufferPointer(free))
          initialized += received
        }
      }
      if received < wanted { throw endedEarly(missing: end - bytes.count) }
    }
  }

  /// The smallest of total, total / 2, total / 4 … that has room for more than `count` bytes, at least 1 MiB.
  private static func nextCapacity(after count: Int, total: Int) -> Int {
    var capacity = total
    while capacity / 2 > max(count, 1 << 20) { capacity = (capacity + 1) / 2 }
    return capacity
  }

  /// Reads `count` bytes and forgets them; throws if the content ends before.
  public mutating func skip(_ count: Int) throws(DataError) {
    var left = count
    while left > 0 {
      left -= try read(exactly: min(left, 1 << 18)).count
    }
  }

  /// Throws unless the content ends here; for gzip this also checks the last member's checksum and length.
  public mutating func expectEnd(of what: String) throws(DataError) {
    let end = offset
    let extra = remaining
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { (buffer) throws(DataError) in try read(into: buffer) }
    if count == 0 {
      if let checksum, !checksum.isRight {
        throw malformed(at: end, "the checksum (CRC-32) of \(what) is wrong; the file is damaged")
      }
      return
    }
    let amount = extra.map { $0.pluralized("byte") } ?? "more bytes"
    throw malformed(at: end, "\(amount) after the end of \(what)")
  }

  /// An error about the content at `byte`.
  public func malformed(at byte: Int, _ reason: String) -> DataError {
    .malformed(path: name, byte: byte, decompressed: isCompressed, reason: reason)
  }

  private func endedEarly(missing: Int) -> DataError {
    malformed(at: offset, "the data ends here, \(missing.pluralized("byte")) too early")
  }

  /// Decompresses at least one byte into `output`, or returns 0 after the last member.
  private mutating func inflate(into output: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    let format = inflater?.format ?? .gzip
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: "\(format.rawValue): \(reason)")
    }
    while true {
      if try raw.isAtEnd() {
        if !isInsideMember { return 0 }
        throw fault("the file is cut off here", at: raw.position)
      }
      if !isInsideMember {
        guard format == .gzip, try FileSignature(raw.peek(2)) == .gzip else {
          throw fault("bytes after the end of the stream", at: raw.position)
        }
        inflater?.reset()
        isInsideMember = true
      }
      guard let step = raw.withAvailable({ input in inflater?.inflate(input, into: output) }) else {
        throw .unreadable(path: name, reason: "no memory to decompress it")
      }
      raw.advance(step.consumed)
      switch step.result {
      case .failure(let fault):
        throw .malformed(path: name, byte: raw.position, reason: "\(format.rawValue): \(fault.message)")
      case .success(.memberEnded): isInsideMember = false
      case .success(.ongoing): break
      }
      if step.produced > 0 { return step.produced }
    }
  }
}
