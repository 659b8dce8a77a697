import Formatting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The message of `errno`, as of the last system call that failed.
package func systemMessage() -> String {
  String(cString: strerror(errno))
}

/// Writes all of `bytes`, in as many calls as needed; false if one fails, with the reason in `errno`.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let slice = UnsafeRawBufferPointer(rebasing: rest)
    let count = write(descriptor, slice.baseAddress, slice.count)
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if count == 0 || errno != EINTR {
      return false
    }
  }
  return true
}

/// `directory` and `name` joined by one slash; an absolute `name` as it is.
package func joinPath(_ directory: String, _ name: String) -> String {
  if name.utf8.first == slash || directory.isEmpty { return name }
  return directory.utf8.last == slash ? directory + name : directory + "/" + name
}

/// As a byte: as a character it may have an accent, with which the name behind it begins.
private let slash = UInt8(ascii: "/")

/// The part of a path behind its last slash, but for slashes at its end.
package func lastComponent(of path: String) -> String {
  path.utf8.split(separator: slash).last.map { String(Substring($0)) } ?? path
}

/// Whether `path` exists and is not a folder; links are followed.
package func isFile(_ path: String) -> Bool { FileLocation(path).isFile }

/// Whether `path` is a regular file, and no device or pipe, whose reading could block; links are followed.
package func isRegularFile(_ path: String) -> Bool { FileLocation(path).isRegularFile }

/// Whether `path` is a folder; links are followed.
package func isFolder(_ path: String) -> Bool { FileLocation(path).isFolder }

/// Whether two paths name the same file (device and inode).
package func isSameFile(_ a: String, _ b: String) -> Bool { FileLocation(a).isSameFile(as: FileLocation(b)) }

/// The names of all entries of a folder, unordered; none if it cannot be read.
package func fileNames(in folder: String) -> [String] { FileLocation(folder).fileNames }

/// `path` as an absolute path, from the current folder.
package func absolutePath(_ path: String) -> String {
  if path.utf8.first == slash { return path }
  guard let folder = currentFolder() else { return path }
  var name = path[...]
  while name.hasPrefix("./") { name = name.dropFirst(2) }
  return name.isEmpty || name == "." ? folder : joinPath(folder, String(name))
}

/// The current folder, getcwd(3); nil if it is gone.
package func currentFolder() -> String? {
  guard let folder = getcwd(nil, 0) else { return nil }
  defer { free(folder) }
  return String.decoding(rawBytes: folder)
}

/// When the content of a file last changed, in seconds since 1970; 0 for none.
package func modificationTime(of path: String) -> Int {
  guard let status = FileLocation(path).status() else { return 0 }
  #if canImport(Darwin)
    return status.st_mtimespec.tv_sec
  #else
    return status.st_mtim.tv_sec
  #endif
}

/// Calls `body` with the bytes of `path`, as the system takes them: names become bytes here alone.
package func withPath<T>(_ path: String, _ body: (UnsafePointer<CChar>) -> T) -> T {
  var name = path.rawBytes.map { CChar(bitPattern: $0) }
  name.append(0)
  return name.withUnsafeBufferPointer { name in name.baseAddress.map(body) ?? "".withCString(body) }
}

extension String {
  /// The text of a name that the system has returned.
  package static func decoding(rawBytes name: UnsafePointer<CChar>) -> String {
    decoding(rawBytes: UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }
}
