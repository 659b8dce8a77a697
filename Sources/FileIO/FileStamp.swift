#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the file system says of a file: another stamp means that its content may have changed.
package struct FileStamp: Equatable, Sendable {
  /// The size in bytes.
  package let size: Int
  /// The number of the file, on which device.
  package let inode: UInt64
  package let device: UInt64
  /// The times of the last changes of its content and of its inode, in nanoseconds.
  package let modified: Int64
  package let changed: Int64

  /// The stamp of the file at `path`, links followed; nil if there is none.
  package init?(of path: String) {
    guard let status = FileLocation(path).status() else { return nil }
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
    size = Int(status.st_size)
    (inode, device) = (UInt64(status.st_ino), UInt64(truncatingIfNeeded: status.st_dev))
    #if canImport(Darwin)
      (modified, changed) = (nanoseconds(status.st_mtimespec), nanoseconds(status.st_ctimespec))
    #else
      (modified, changed) = (nanoseconds(status.st_mtim), nanoseconds(status.st_ctim))
    #endif
  }

  /// The numbers of the stamp as bytes.
  package var bytes: [UInt8] {
    size.littleEndianBytes + inode.littleEndianBytes + device.littleEndianBytes + modified.littleEndianBytes
      + changed.littleEndianBytes
  }
}
