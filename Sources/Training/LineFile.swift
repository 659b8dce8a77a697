import Digits

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A text file that grows line by line.
struct LineFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Writes `lines` in place of what was there.
  init(path: String, lines: [String]) throws(DataError) {
    self.path = path
    do throws(DataError) {
      try AtomicFile.write(Array(lines.map { "\($0)\n" }.joined().utf8), to: path)
    } catch {
      descriptor = -1
      throw error
    }
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    try check(descriptor)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds a line, whole or not at all.
  func append(_ line: String) throws(DataError) {
    let end = lseek(descriptor, 0, SEEK_END)
    if Array("\(line)\n".utf8).withUnsafeBytes({ writeAll($0, to: descriptor) }) { return }
    let reason = systemMessage()
    ftruncate(descriptor, end)
    throw .unwritable(path: path, reason: reason)
  }

  /// Waits until all lines are on the disk.
  func sync() throws(DataError) {
    while fsync(descriptor) != 0 { if errno != EINTR { try check(-1) } }
  }

  private func check(_ result: Int32) throws(DataError) {
    if result < 0 { throw .unwritable(path: path, reason: systemMessage()) }
  }

  /// The lines of the file at `path` up to the last one that belongs to an epoch up to `epoch`, without a last
  /// line that was cut off; none where there is no file.
  ///
  /// - Parameter epochOf: the epoch a line belongs to, nil if it says nothing of one.
  static func lines(of path: String, through epoch: Int, epochOf: (String) -> Int?) throws(DataError)
    -> [String]
  {
    let lines = try lines(of: path)
    let last = lines.lastIndex { line in epochOf(line).map { $0 <= epoch } ?? false }
    return last.map { Array(lines[...$0]) } ?? []
  }

  /// The lines of the file at `path` without a last one that was cut off; none where there is no file.
  static func lines(of path: String) throws(DataError) -> [String] {
    guard isFile(path) else { return [] }
    var source = try ByteSource(path: path)
    var bytes: [UInt8] = []
    while case let more = try source.read(upTo: 1 << 20), !more.isEmpty { bytes += more }
    let whole = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return whole.map { String(decoding: $0, as: UTF8.self) }
  }
}
