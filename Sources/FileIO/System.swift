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
package func isFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
}

/// Whether `path` is a regular file, and no device or pipe, whose reading could block; links are followed.
package func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

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

/// Whether `path` is a folder; links are followed.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// When the content of a file last changed, in seconds since 1970; 0 for none.
package func modificationTime(of path: String) -> Int {
  var status = stat()
  guard stat(path, &status) == 0 else { return 0 }
  #if canImport(Darwin)
    return status.st_mtimespec.tv_sec
  #else
    return status.st_mtim.tv_sec
  #endif
}

/// Whether two paths name the same file (device and inode).
package func isSameFile(_ a: String, _ b: String) -> Bool {
  var (first, second) = (stat(), stat())
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
    && first.st_ino == second.st_ino
}

/// The names of all entries of a folder, unordered; none if it cannot be read.
package func fileNames(in folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
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
