import Formatting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where a file is: a path from the current folder, or one from an open folder, wherever that is moved.
public struct FileLocation: Sendable {
  /// The path in messages, as the user knows the file.
  public let path: String
  /// The path for the system, from `folder`, or from the current folder where that is nil.
  private let name: String
  private let folder: OpenFolder?

  private init(path: String, name: String, folder: OpenFolder?) {
    (self.path, self.name, self.folder) = (path, name, folder)
  }

  /// The file at `path`.
  public init(_ path: String) { self.init(path: path, name: path, folder: nil) }

  /// The open folder itself.
  package init(_ folder: OpenFolder) { self.init(path: folder.path, name: ".", folder: folder) }

  /// The file `name` in this folder.
  package func appending(_ name: String) -> FileLocation {
    let isWhole = folder != nil && self.name == "."
    return FileLocation(
      path: joinPath(path, name), name: isWhole ? name : joinPath(self.name, name), folder: folder)
  }

  /// The same file with another path in messages.
  package func named(_ path: String) -> FileLocation { FileLocation(path: path, name: name, folder: folder) }

  /// The folder that the file is in.
  var parent: FileLocation {
    FileLocation(path: AtomicFile.folder(of: path), name: AtomicFile.folder(of: name), folder: folder)
  }

  /// The same file as a name in its folder, which is opened; throws `unwritable`.
  func inOpenFolder() throws(DataError) -> FileLocation {
    let slash = UInt8(ascii: "/")
    let trimmed = name.utf8.last == slash ? name.utf8.dropLast() : name.utf8[...]
    // A slash at the end stays: it says that a folder is meant.
    let last = trimmed.lastIndex(of: slash).map { String(name[name.utf8.index(after: $0)...]) } ?? name
    return FileLocation(path: path, name: last, folder: try OpenFolder(parent, for: self))
  }

  /// The file `name` from the folder of this one, which is open; the path in messages stays.
  func sibling(_ name: String) -> FileLocation { FileLocation(path: path, name: name, folder: folder) }

  // MARK: System calls

  /// Calls a system function with the descriptor of the folder and the path from there, in bytes.
  func at<R>(_ call: (Int32, UnsafePointer<CChar>) -> R) -> R {
    withExtendedLifetime(folder) { withPath(name) { call(folder?.descriptor ?? AT_FDCWD, $0) } }
  }

  /// What the system says of the file; nil if there is none.
  func status(followingLinks: Bool = true) -> stat? {
    var status = stat()
    let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
    return at { fstatat($0, $1, &status, flags) } == 0 ? status : nil
  }

  private func isOfKind(_ kind: mode_t) -> Bool { status().map { $0.st_mode & S_IFMT == kind } ?? false }

  /// Whether it exists and is not a folder; links are followed.
  package var isFile: Bool { status().map { $0.st_mode & S_IFMT != S_IFDIR } ?? false }

  /// Whether it is a regular file, and no device or pipe, whose reading could block; links are followed.
  package var isRegularFile: Bool { isOfKind(S_IFREG) }

  /// Whether it is a folder; links are followed.
  package var isFolder: Bool { isOfKind(S_IFDIR) }

  /// Whether anything has this name, even a link that leads nowhere.
  package var exists: Bool { status(followingLinks: false) != nil }

  /// Whether both are the same file (device and inode).
  package func isSameFile(as other: FileLocation) -> Bool {
    guard let first = status(), let second = other.status() else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// What the link says; nil if this is none.
  var linkTarget: String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = at { readlinkat($0, $1, &bytes, bytes.count) }
    return count < 0
      ? nil : String.decoding(rawBytes: bytes.prefix(count).map { UInt8(bitPattern: $0) })
  }

  /// The names of all entries of the folder, unordered; none if it cannot be read.
  package var fileNames: [String] {
    let descriptor = at { openat($0, $1, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC) }
    guard descriptor >= 0 else { return [] }
    guard let stream = fdopendir(descriptor) else {
      close(descriptor)
      return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          String.decoding(rawBytes: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
        })
    }
    return names
  }

  /// Removes the file, if there is one.
  package func remove() { _ = at { unlinkat($0, $1, 0) } }

  /// Renames the file, over `other` if that exists; throws `unwritable`.
  func rename(to other: FileLocation) throws(DataError) {
    try other.check(at { folder, name in other.at { renameat(folder, name, $0, $1) } })
  }

  /// Waits until new names in its open folder are stored; throws `unwritable`.
  ///
  /// A rename is durable only then; a few file systems cannot sync folders.
  func syncFolder() throws(DataError) {
    while let folder, fsync(folder.descriptor) != 0 {
      if errno == EINVAL || errno == ENOTSUP { return }
      if errno != EINTR { throw fault() }
    }
  }

  // MARK: Errors

  /// Throws the error of the last system call if its result is negative (`unwritable`).
  func check(_ result: Int32) throws(DataError) { if result < 0 { throw fault() } }

  /// The error of the last system call, from `errno`; for a file in a deleted folder that of the folder.
  func fault(_ what: String? = nil) -> DataError {
    let (number, reason) = (errno, systemMessage())
    if let folder, [ENOENT, ESTALE].contains(number), folder.isDeleted {
      return .unwritable(path: folder.path, reason: "this folder was deleted while it was written to")
    }
    return .unwritable(path: path, reason: what.map { "\($0): \(reason)" } ?? reason)
  }
}
