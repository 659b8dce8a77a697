#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The operating system's words for the last failed call.
package func systemMessage() -> String {
  String(cString: strerror(errno))
}

/// Writes all of `bytes`, however many calls it takes; false leaves the reason to `systemMessage`.
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

/// `directory` and `name` joined by one slash; an absolute `name` stands for itself.
func joinPath(_ directory: String, _ name: String) -> String {
  if name.hasPrefix("/") || directory.isEmpty { return name }
  return directory.hasSuffix("/") ? directory + name : directory + "/" + name
}

/// Whether `path` is a file (not a folder), or a link to one.
package func isFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
}

/// Whether `path` is a folder, or a link to one.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// A number and what it counts: `1 byte`, `60,000 images`.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count.grouped) \(noun)\(count == 1 ? "" : "s")"
}

extension Int {
  /// The number with commas between groups of three digits: `60,000`.
  package var grouped: String {
    let digits = String(magnitude)
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
