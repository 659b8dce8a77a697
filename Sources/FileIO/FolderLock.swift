#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The exclusive lock of a folder's writer: a locked file, `.lock`, in the folder. It is released by `deinit`, or by the
/// system if the program dies; the file stays.
package final class FolderLock: Sendable {
  /// The name of the locked file.
  package static let name = ".lock"
  private let descriptor: Int32

  /// Locks `folder`; throws `unwritable` if another process has locked it, or the file cannot be written.
  package init(_ folder: OpenFolder) throws(DataError) {
    let file = FileLocation(folder).appending(Self.name).named(folder.path)
    func fault() -> DataError { file.fault("cannot lock this folder (\(Self.name))") }
    // NFS locks files that are open for writing.
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    descriptor = file.at { openat($0, $1, flags, 0o666) }
    if descriptor < 0 { throw fault() }
    // A run that was just killed, or a child process that it was starting, may hold the lock for another moment.
    for _ in 0..<10 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      switch errno {
      case EWOULDBLOCK, EINTR: usleep(20_000)
      case ENOLCK, ENOTSUP, EOPNOTSUPP, ENOSYS, EINVAL: return  // A file system without locks.
      default: throw fault()
      }
    }
    throw .unwritable(path: folder.path, reason: "another run is writing to this folder")
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
