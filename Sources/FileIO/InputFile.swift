#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An open file or pipe, read from front to back and closed when it goes out of scope.
package struct InputFile: ~Copyable {
  package let name: String
  /// The length in bytes, or nil where there is none to know (a pipe, a terminal).
  package let length: Int?
  let descriptor: Int32

  /// Opens the file at `path`, which errors call `name`.
  package init(path: String, name: String) throws(DataError) {
    try self.init(descriptor: open(path, O_RDONLY | O_CLOEXEC), name: name)
  }

  /// Reads standard input.
  package init(standardInput name: String) throws(DataError) {
    try self.init(descriptor: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), name: name)
  }

  /// Takes over an open descriptor; a negative one throws the error that `errno` has.
  package init(descriptor: Int32, name: String) throws(DataError) {
    var status = stat()
    let isOpen = descriptor >= 0 && fstat(descriptor, &status) == 0
    let kind = status.st_mode & S_IFMT
    let fault = isOpen ? "this is a folder, not a file" : systemMessage()
    self.descriptor = descriptor
    self.name = name
    length = kind == S_IFREG ? Int(status.st_size) : nil
    if !isOpen || kind == S_IFDIR { throw .unreadable(path: name, reason: fault) }
  }

  /// Reads up to `buffer.count` bytes; 0 at the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    while true {
      #if canImport(Darwin)
        let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
      #else
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      #endif
      if count >= 0 { return count }
      if errno != EINTR { throw .unreadable(path: name, reason: systemMessage()) }
    }
  }

  deinit {
    close(descriptor)
  }
}
