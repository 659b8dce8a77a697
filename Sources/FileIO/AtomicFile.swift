#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files that are replaced atomically: completely or not at all.
///
/// Only regular files are replaced: links are followed, and devices and pipes are refused.
/// A temporary file is created in the same folder, written, synced, closed and renamed over the old one, and the
/// folder is synced. On any error the old file is kept and the temporary one removed.
public enum AtomicFile {
  /// Replaces the file at `path` by the output of `body`; throws `unwritable` with the path, or what `body` throws.
  public static func write(
    to path: String, _ body: (borrowing Output) throws(DataError) -> Void
  ) throws(DataError) {
    let target = try target(of: path)
    let output = try Output(for: target)
    do throws(DataError) {
      do throws(DataError) {
        try body(output)
        try output.sync()
      } catch {
        close(output.descriptor)
        throw error
      }
      // `close` closes the descriptor even if it is interrupted, and the bytes are synced already.
      if close(output.descriptor) != 0, errno != EINTR { try check(-1, path) }
      try check(rename(output.temporaryPath, target), path)
    } catch {
      unlink(output.temporaryPath)
      throw error
    }
    try syncFolder(of: target)
  }

  /// The file that `path` means, behind its links; throws `unwritable` for a device or a pipe, which a rename would replace.
  private static func target(of path: String) throws(DataError) -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { return path }
    var target = path
    if status.st_mode & S_IFMT == S_IFLNK {
      guard stat(path, &status) == 0, let resolved = resolvedPath(path) else {
        throw .unwritable(path: path, reason: "a link that leads nowhere: \(systemMessage())")
      }
      target = resolved
    }
    guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
      throw .unwritable(path: path, reason: "not a regular file")
    }
    return target
  }

  /// Replaces the file at `path` by `bytes`; throws `unwritable`.
  public static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
    try write(to: path) { (output) throws(DataError) in try output.write(bytes) }
  }

  /// Creates the folder at `path` and its missing parents; throws `unwritable`.
  public static func createFolder(_ path: String) throws(DataError) {
    if isFolder(path) { return }
    let parent = folder(of: path)
    if parent != path { try createFolder(parent) }
    if mkdir(path, 0o777) == 0 { return }
    let (fault, message) = (errno, systemMessage())
    if isFile(path) { throw .unwritable(path: path, reason: "a file of this name exists") }
    if fault != EEXIST { throw .unwritable(path: path, reason: "cannot create this folder: \(message)") }
  }

  /// Removes the temporary files of killed writers from a folder that no other process writes to.
  package static func removeLeftovers(in folder: String) {
    for name in fileNames(in: folder) where isTemporary(name) { unlink(joinPath(folder, name)) }
  }

  /// Whether a name is that of a temporary file: `.NAME.TAG.tmp`.
  private static func isTemporary(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count >= 4 && parts[0].isEmpty && parts[parts.count - 1] == "tmp"
      && UInt64(parts[parts.count - 2], radix: 36) != nil
  }

  private static func check(_ result: Int32, _ path: String) throws(DataError) {
    if result != 0 { throw .unwritable(path: path, reason: systemMessage()) }
  }

  /// A rename is durable only once the folder is synced too; a few file systems cannot sync folders.
  private static func syncFolder(of path: String) throws(DataError) {
    let descriptor = open(folder(of: path), O_RDONLY | O_CLOEXEC)
    try check(descriptor < 0 ? -1 : 0, path)
    defer { close(descriptor) }
    while fsync(descriptor) != 0 {
      if errno == EINVAL || errno == ENOTSUP { return }
      if errno != EINTR { try check(-1, path) }
    }
  }

  /// `a` of `a/b` and `a/b/`, `.` of `b`, `/` of `/b`.
  package static func folder(of path: String) -> String {
    let trimmed = path.last == "/" ? path.dropLast() : path[...]
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed.isEmpty ? path : "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// The temporary file, open for writing.
  public struct Output: ~Copyable {
    /// The file that will be replaced.
    public let path: String
    /// The temporary file.
    public let temporaryPath: String
    fileprivate let descriptor: Int32
    private let cleanup: ExitCleanup

    fileprivate init(for path: String) throws(DataError) {
      let name = path.split(separator: "/").last ?? ""
      var attempts = 10
      var candidate = ""
      var opened: Int32 = -1
      let cleanup = ExitCleanup {
        repeat {
          let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
          candidate = joinPath(folder(of: path), ".\(name).\(tag).tmp")
          opened = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
          attempts -= 1
        } while opened < 0 && errno == EEXIST && attempts > 0
        if opened < 0 { return nil }
        return { [candidate] in unlink(candidate) }
      }
      try check(opened < 0 ? -1 : 0, path)
      self.path = path
      temporaryPath = candidate
      descriptor = opened
      self.cleanup = cleanup
    }

    /// Appends `bytes`; throws `unwritable`.
    public func write(_ bytes: [UInt8]) throws(DataError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(DataError) in
        try write(UnsafeRawBufferPointer(buffer))
      }
    }

    /// Appends `bytes`; throws `unwritable`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
      try check(writeAll(bytes, to: descriptor) ? 0 : -1, path)
    }

    fileprivate func sync() throws(DataError) {
      #if canImport(Darwin)
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
      #endif
      while fsync(descriptor) != 0 { if errno != EINTR { try check(-1, path) } }
    }
  }
}
