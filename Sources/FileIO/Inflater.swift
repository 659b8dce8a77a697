import CZlib

/// zlib's decompressor, for one stream after another; zlib verifies the header, checksum and length of the format.
package struct Inflater: ~Copyable {
  /// The container of the compressed data.
  package enum Format: String {
    /// Members with a CRC and a length, one or several.
    case gzip
    /// One stream with a checksum.
    case zlib
    /// One raw stream without checksum, as in zip archives.
    case deflate

    /// zlib's parameter for this format with a window of 32 KiB.
    fileprivate var windowBits: Int32 {
      switch self {
      case .gzip: 15 + 16
      case .zlib: 15
      case .deflate: -15
      }
    }
  }

  enum Status {
    case ongoing
    /// The member's trailer was read; its checksum and length are valid.
    case memberEnded
  }

  /// zlib keeps a pointer to the stream, so it needs a stable address.
  private let stream: UnsafeMutablePointer<z_stream>

  let format: Format

  /// Nil if the memory for zlib's state cannot be allocated.
  init?(_ format: Format) {
    self.format = format
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = inflateInit2_(stream, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if result != Z_OK { return nil }
  }

  /// Decompresses from `input` into `output` until one of them is used up or the member ends.
  mutating func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, result: Result<Status, Fault>) {
    let offered = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count)
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = offered
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = room
    let code = CZlib.inflate(stream, Z_NO_FLUSH)
    let consumed = Int(offered - stream.pointee.avail_in)
    let produced = Int(room - stream.pointee.avail_out)
    let moved = consumed > 0 || produced > 0
    let result: Result<Status, Fault> =
      switch code {
      case Z_STREAM_END: .success(.memberEnded)
      case Z_OK where moved, Z_BUF_ERROR where moved: .success(.ongoing)
      default:
        .failure(Fault(message: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)"))
      }
    return (consumed, produced, result)
  }

  /// Prepares for the next member.
  mutating func reset() {
    inflateReset(stream)
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// zlib's message: `incorrect data check`, `invalid distance too far back`.
  struct Fault: Error {
    let message: String
  }
}
