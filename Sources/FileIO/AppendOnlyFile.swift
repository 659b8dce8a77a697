#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is written at its end only.
package struct AppendOnlyFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Replaces the file at `path` by `bytes` and opens it; throws `unwritable`.
  package static func create(_ path: String, bytes: [UInt8]) throws(DataError) -> AppendOnlyFile {
    try AtomicFile.write(bytes, to: path)
    return try AppendOnlyFile(opening: path)
  }

  private init(opening path: String) throws(DataError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    try check(descriptor)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends all of `bytes`, or none if an error is thrown (`unwritable`).
  package func append(_ bytes: [UInt8]) throws(DataError) {
    let end = lseek(descriptor, 0, SEEK_END)
    if bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) { return }
    let reason = systemMessage()
    ftruncate(descriptor, end)
    throw .unwritable(path: path, reason: reason)
  }

  /// Waits until the file is stored on the disk; throws `unwritable`.
  package func sync() throws(DataError) {
    while fsync(descriptor) != 0 { if errno != EINTR { try check(-1) } }
  }

  private func check(_ result: Int32) throws(DataError) {
    if result < 0 { throw .unwritable(path: path, reason: systemMessage()) }
  }
}
