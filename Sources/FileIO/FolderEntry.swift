#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the path of an entry of a folder leads to, links followed.
package enum FolderEntry: Equatable, Sendable {
  case file
  case folder(FileIdentity)
  /// A pipe, a socket or a device, whose reading could block.
  case special
  /// Nothing that can be opened, with the reason in a clause.
  case unreachable(String)

  /// Looks at the entry at `path`.
  package init(at path: String) {
    guard let status = FileLocation(path).status() else {
      self = .unreachable(Self.whyMissing(path))
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR:
      self =
        withPath(path) { access($0, R_OK | X_OK) } == 0
        ? .folder(FileIdentity(status)) : .unreachable(systemMessage())
    default: self = .special
    }
  }

  private static func whyMissing(_ path: String) -> String {
    let message = systemMessage()
    guard errno == ENOENT else { return message }
    return FileLocation(path).exists ? "a link to a file that is not there" : message
  }
}

/// A file or folder, whatever paths lead to it.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  fileprivate init(_ status: stat) {
    (device, inode) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino))
  }
}
