#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files that are replaced atomically: completely or not at all.
///
/// Only regular files are replaced: links are followed, and devices and pipes are refused.
/// A temporary file is created in the same folder, written, synced, closed and renamed over the old one, and the
/// folder is synced: all in one open folder. On any error the old file is kept and the temporary one removed.
public enum AtomicFile {
  /// Replaces `file` by the output of `body`; throws `unwritable` with the path, or what `body` throws.
  public static func write(
    to file: FileLocation, _ body: (borrowing Output) throws(DataError) -> Void
  ) throws(DataError) {
    let output = try Output(for: target(of: file))
    do throws(DataError) {
      do throws(DataError) {
        try body(output)
        try output.sync()
      } catch {
        close(output.descriptor)
        throw error
      }
      // `close` closes the descriptor even if it is interrupted, and the bytes are synced already.
      if close(output.descriptor) != 0, errno != EINTR { throw output.target.fault() }
      try output.temporary.rename(to: output.target)
    } catch {
      output.temporary.remove()
      throw error
    }
    try output.target.syncFolder()
  }

  /// Replaces the file at `path` by the output of `body`; throws `unwritable` with the path, or what `body` throws.
  public static func write(
    to path: String, _ body: (borrowing Output) throws(DataError) -> Void
  ) throws(DataError) {
    try write(to: FileLocation(path), body)
  }

  /// Replaces `file` by `bytes`; throws `unwritable`.
  public static func write(_ bytes: [UInt8], to file: FileLocation) throws(DataError) {
    try write(to: file) { (output) throws(DataError) in try output.write(bytes) }
  }

  /// Replaces the file at `path` by `bytes`; throws `unwritable`.
  public static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
    try write(bytes, to: FileLocation(path))
  }

  /// The file that `file` means, behind its links, in its folder, which is opened; throws `unwritable` for a device or a
  /// pipe, which a rename would replace.
  private static func target(of file: FileLocation) throws(DataError) -> FileLocation {
    if let status = file.status() {
      guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
        throw .unwritable(path: file.path, reason: "not a regular file")
      }
    } else if file.linkTarget != nil {
      throw .unwritable(path: file.path, reason: "a link that leads nowhere")
    }
    var target = try file.inOpenFolder()
    for _ in 0..<maxLinks {
      guard let link = target.linkTarget else { return target }
      target = try target.sibling(link).inOpenFolder()
    }
    throw .unwritable(path: file.path, reason: "too many links")
  }

  private static let maxLinks = 40

  /// Creates the folder at `path` and its missing parents; throws `unwritable`.
  public static func createFolder(_ path: String) throws(DataError) { try createFolder(FileLocation(path)) }

  /// Creates a folder and its missing parents; throws `unwritable`.
  public static func createFolder(_ folder: FileLocation) throws(DataError) {
    if folder.isFolder { return }
    let parent = folder.parent
    if parent.path != folder.path { try createFolder(parent) }
    if folder.at({ mkdirat($0, $1, 0o777) }) == 0 { return }
    let (isThere, fault) = (errno == EEXIST, folder.fault("cannot create this folder"))
    if folder.isFile { throw .unwritable(path: folder.path, reason: "a file of this name exists") }
    if !isThere { throw fault }
  }

  /// `a` of `a/b` and `a/b/`, `.` of `b`, `/` of `/b`.
  package static func folder(of path: String) -> String {
    // As bytes: a slash and an accent behind it are one character.
    let slash = UInt8(ascii: "/")
    let trimmed = path.utf8.last == slash ? path.utf8.dropLast() : path.utf8[...]
    guard let end = trimmed.lastIndex(of: slash) else { return trimmed.isEmpty ? path : "." }
    return end == trimmed.startIndex ? "/" : String(path[..<end])
  }

  // MARK: Temporary files

  /// Removes the temporary files of killed writers from a folder that no other process writes to.
  package static func removeLeftovers(in folder: FileLocation) {
    for name in folder.fileNames where isTemporary(name) { folder.appending(name).remove() }
  }

  /// The name of a new temporary file, short enough for every file system: `.cnn-TAG.tmp`.
  private static func temporaryName() -> String {
    temporaryPrefix + String(UInt64.random(in: 0 ... .max), radix: 36) + temporarySuffix
  }

  /// Whether a name is that of a temporary file, `.cnn-TAG.tmp`, or `.NAME.TAG.tmp` of an older version.
  private static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix("."), name.hasSuffix(temporarySuffix) else { return false }
    let stem = name.dropLast(temporarySuffix.count)
    let tag =
      stem.hasPrefix(temporaryPrefix)
      ? stem.dropFirst(temporaryPrefix.count) : stem.dropFirst().split(separator: ".").dropFirst().last ?? ""
    return UInt64(tag, radix: 36) != nil
  }

  private static let (temporaryPrefix, temporarySuffix) = (".cnn-", ".tmp")

  /// The temporary file, open for writing.
  public struct Output: ~Copyable {
    /// The file that will be replaced.
    let target: FileLocation
    /// The temporary file.
    public let temporary: FileLocation
    fileprivate let descriptor: Int32
    private let cleanup: ExitCleanup

    /// Creates the temporary file in the open folder of `target`.
    fileprivate init(for target: FileLocation) throws(DataError) {
      var attempts = 10
      var candidate = target
      var opened: Int32 = -1
      var fault: DataError?
      cleanup = ExitCleanup {
        repeat {
          candidate = target.sibling(temporaryName())
          opened = candidate.at { openat($0, $1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
          attempts -= 1
        } while opened < 0 && errno == EEXIST && attempts > 0
        if opened < 0 {
          fault = target.fault()
          return nil
        }
        return { [candidate] in candidate.remove() }
      }
      (self.target, temporary, descriptor) = (target, candidate, opened)
      if let fault { throw fault }
    }

    /// Appends `bytes`; throws `unwritable`.
    public func write(_ bytes: [UInt8]) throws(DataError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(DataError) in
        try write(UnsafeRawBufferPointer(buffer))
      }
    }

    /// Appends `bytes`; throws `unwritable`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
      if !writeAll(bytes, to: descriptor) { throw target.fault() }
    }

    fileprivate func sync() throws(DataError) {
      #if canImport(Darwin)
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
      #endif
      while fsync(descriptor) != 0 { if errno != EINTR { throw target.fault() } }
    }
  }
}
