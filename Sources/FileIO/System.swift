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
  if name.hasPrefix("/") || directory.isEmpty { return name }
  return directory.hasSuffix("/") ? directory + name : directory + "/" + name
}

/// The part of a path behind its last slash, but for slashes at its end.
package func lastComponent(of path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// Whether `path` exists and is not a folder; links are followed.
package func isFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
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
        String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      })
  }
  return names
}
