import Formatting

/// Reads a file sequentially, plain or gzip, with no more of it in memory than the caller requests.
///
/// Gzip is recognized by its first two bytes, whatever the file is called; a name ending in `.gz` with other content
/// than gzip or IDX (which browsers decompress on the way and keep the name) is an error. Several gzip members are read
/// as one stream; the checksum and length of each are verified. Errors of the compression have the offset in the file,
/// errors of the content the offset in the decompressed content.
public struct ByteSource: ~Copyable {
  /// The name in error messages: the path.
  public let name: String
  /// Whether the bytes are decompressed.
  public let isCompressed: Bool
  /// The largest content that is read into memory (4 GiB).
  public static let byteLimit = 1 << 32
  /// The number of bytes of the content that have been read.
  public private(set) var offset = 0
  private var reader: BufferedReader
  private var inflater: Inflater?
  private var isInsideMember = true
  /// Content that was peeked at and is not read yet.
  private var lookahead: [UInt8] = []
  private var checksum: CRC32?

  /// Opens the file at `path`, called `name` in errors; throws `unreadable`.
  public init(path: String, name: String? = nil) throws(DataError) {
    try self.init(FileLocation(path), name: name)
  }

  /// Opens `file`, called `name` in errors; throws `unreadable`.
  public init(_ file: FileLocation, name: String? = nil) throws(DataError) {
    let name = name ?? file.path
    try self.init(BufferedReader(InputFile(file, name: name)), name: name)
  }

  /// Reads from memory; throws `malformed` where `name` ends in `.gz` and the content is neither gzip nor IDX.
  public init(bytes: [UInt8], name: String) throws(DataError) {
    try self.init(BufferedReader(bytes), name: name)
  }

  /// Reads standard input, called `name` in errors.
  public init(standardInput name: String) throws(DataError) {
    try self.init(BufferedReader(InputFile(standardInput: name)), name: name)
  }

  /// Reads a part of a file in memory, called `name` in errors; `crc32`, where known, is verified at its end.
  package init(
    _ bytes: [UInt8], range: Range<Int>, name: String, format: Inflater.Format?, crc32: UInt32? = nil
  ) {
    self.name = name
    reader = BufferedReader(bytes, range: range)
    isCompressed = format != nil
    inflater = format.flatMap { Inflater($0) }
    checksum = crc32.map { CRC32(expected: $0) }
  }

  private init(_ bytes: consuming BufferedReader, name: String) throws(DataError) {
    let start = try bytes.peek(FileSignature.length)
    let signature = FileSignature(start)
    let isGzip = signature == .gzip
    if !isGzip, signature != .idx, name.hasSuffix(".gz") {
      throw .malformed(path: name, byte: 0, reason: "not gzip: \(FileSignature.describe(start))")
    }
    self.name = name
    reader = bytes
    isCompressed = isGzip
    inflater = isGzip ? Inflater(.gzip) : nil
  }

  /// The number of bytes that are left, nil where it is not known beforehand (gzip, a pipe).
  public var remaining: Int? {
    isCompressed ? nil : reader.length.map { max(0, $0 - offset) }
  }

  /// The next `count` bytes, or fewer at the end of the content, without advancing.
  public mutating func peek(_ count: Int) throws(DataError) -> [UInt8] {
    if lookahead.count < count {
      let start = offset
      lookahead = try read(upTo: count)
      offset = start
    }
    return Array(lookahead.prefix(count))
  }

  /// Fills `buffer` and returns the number of bytes read: fewer than its size only at the end of the content.
  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    var filled = min(lookahead.count, buffer.count)
    if filled > 0 {
      lookahead.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
      lookahead.removeFirst(filled)
    }
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = isCompressed ? try inflate(into: rest) : try reader.read(into: rest)
      if count == 0 { break }
      checksum?.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      filled += count
    }
    offset += filled
    return filled
  }

  /// The next `count` bytes, or fewer at the end of the content.
  public mutating func read(upTo count: Int) throws(DataError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(DataError) in
      try read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    return Array(bytes.prefix(received))
  }

  /// The next `count` bytes; throws `malformed` if the content has fewer.
  public mutating func read(exactly count: Int) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    try append(count, to: &bytes, expecting: count)
    return bytes
  }

  /// All bytes to the end of the content; throws `malformed` if there are more than `limit`.
  public mutating func readAll(limit: Int = ByteSource.byteLimit) throws(DataError) -> [UInt8] {
    let fault = malformed(at: limit, "larger than the limit of \(limit.grouped) bytes")
    if let remaining, remaining > limit { throw fault }
    var bytes: [UInt8] = []
    while true {
      let part = try read(upTo: min(limit + 1, (remaining ?? 0) + max(1 << 16, bytes.count)))
      if part.isEmpty { return bytes }
      bytes += part
      if bytes.count > limit { throw fault }
    }
  }

  /// Appends the next `count` bytes to `bytes`, which will hold `total` bytes in the end.
  ///
  /// The capacity doubles with the bytes actually read, towards exactly `total`: a header with a wrong size never
  /// allocates more than twice the actual size (and 1 MiB), and a correct one no more than the content needs.
  public mutating func append(
    _ count: Int, to bytes: inout [UInt8], expecting total: Int
  ) throws(DataError) {
    let end = bytes.count + count
    while bytes.count < end {
      if bytes.count == bytes.capacity || bytes.isEmpty {
        bytes.reserveCapacity(Self.nextCapacity(after: bytes.count, total: max(total, end)))
      }
      let requested = min(end, bytes.capacity) - bytes.count
      var received = 0
      try bytes.append(addingCapacity: requested) { (span: inout OutputSpan<UInt8>) throws(DataError) in
        try span.withUnsafeMutableBufferPointer { (buffer, initialized) throws(DataError) in
          let free = UnsafeMutableBufferPointer(rebasing: buffer[initialized..<initialized + requested])
          received = try read(into: UnsafeMutableRawBufferPointer(free))
          initialized += received
        }
      }
      if received < requested { throw endedEarly(missing: end - bytes.count) }
    }
  }

  /// The smallest of total, total / 2, total / 4 … above `count` bytes and 1 MiB.
  private static func nextCapacity(after count: Int, total: Int) -> Int {
    var capacity = total
    while capacity / 2 > max(count, 1 << 20) { capacity = (capacity + 1) / 2 }
    return capacity
  }

  /// Reads and discards `count` bytes; throws `malformed` if the content has fewer.
  public mutating func skip(_ count: Int) throws(DataError) {
    var remainder = count
    while remainder > 0 {
      remainder -= try read(exactly: min(remainder, 1 << 18)).count
    }
  }

  /// Throws `malformed` unless the content ends here; for gzip this also verifies the last checksum and length.
  public mutating func expectEnd(of what: String) throws(DataError) {
    let end = offset
    let extra = remaining
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { (buffer) throws(DataError) in try read(into: buffer) }
    if count == 0 {
      if let checksum, !checksum.isValid {
        throw malformed(at: end, "the checksum (CRC-32) of \(what) is wrong; the file is damaged")
      }
      return
    }
    let amount = extra.map { $0.pluralized("byte") } ?? "more bytes"
    throw malformed(at: end, "\(amount) after the end of \(what)")
  }

  /// An error about the content at offset `byte`.
  public func malformed(at byte: Int, _ reason: String) -> DataError {
    .malformed(path: name, byte: byte, decompressed: isCompressed, reason: reason)
  }

  private func endedEarly(missing: Int) -> DataError {
    malformed(at: offset, "the data ends here, \(missing.pluralized("byte")) too early")
  }

  /// Decompresses at least one byte into `output`; returns 0 after the last member.
  private mutating func inflate(into output: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    let format = inflater?.format ?? .gzip
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: "\(format.rawValue): \(reason)")
    }
    while true {
      if try reader.isAtEnd() {
        if !isInsideMember { return 0 }
        throw fault("the file is cut off here", at: reader.position)
      }
      if !isInsideMember {
        guard format == .gzip, try FileSignature(reader.peek(2)) == .gzip else {
          throw fault("bytes after the end of the stream", at: reader.position)
        }
        inflater?.reset()
        isInsideMember = true
      }
      guard let step = reader.withAvailable({ input in inflater?.inflate(input, into: output) }) else {
        throw .unreadable(path: name, reason: "not enough memory to decompress it")
      }
      reader.advance(step.consumed)
      switch step.result {
      case .failure(let fault):
        throw .malformed(path: name, byte: reader.position, reason: "\(format.rawValue): \(fault.message)")
      case .success(.memberEnded): isInsideMember = false
      case .success(.ongoing): break
      }
      if step.produced > 0 { return step.produced }
    }
  }
}
