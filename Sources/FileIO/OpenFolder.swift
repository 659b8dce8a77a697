#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder that is open for writing: files are reached in it wherever it is moved, never in another one that took its
/// path. It is closed on deinitialization.
package final class OpenFolder: Sendable {
  /// The path by which it was opened, for messages.
  package let path: String
  let descriptor: Int32

  /// Opens the folder at `location`; throws `unwritable`, about `file` if it is opened for one.
  package init(_ location: FileLocation, for file: FileLocation? = nil) throws(DataError) {
    path = location.path
    descriptor = location.at { openat($0, $1, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    try (file ?? location).check(descriptor)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether the folder was deleted meanwhile.
  var isDeleted: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink == 0
  }
}
