#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is written at its end only.
package struct AppendOnlyFile: ~Copyable {
  private let location: FileLocation
  private let descriptor: Int32

  /// Replaces the file by `bytes` and opens it; throws `unwritable`.
  package static func create(_ location: FileLocation, bytes: [UInt8]) throws(DataError) -> AppendOnlyFile {
    try AtomicFile.write(bytes, to: location)
    return try AppendOnlyFile(opening: location)
  }

  private init(opening location: FileLocation) throws(DataError) {
    self.location = location
    descriptor = location.at { openat($0, $1, O_WRONLY | O_APPEND | O_CLOEXEC) }
    try location.check(descriptor)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends all of `bytes`, or none if an error is thrown (`unwritable`).
  package func append(_ bytes: [UInt8]) throws(DataError) {
    let end = lseek(descriptor, 0, SEEK_END)
    if bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) { return }
    let fault = location.fault()
    ftruncate(descriptor, end)
    throw fault
  }

  /// Waits until the file is stored on the disk; throws `unwritable`.
  package func sync() throws(DataError) {
    while fsync(descriptor) != 0 { if errno != EINTR { throw location.fault() } }
  }
}
