#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An open file or pipe, read sequentially and closed on deinitialization.
package struct InputFile: ~Copyable {
  package let name: String
  /// The length of a regular file in bytes, nil for a pipe or a terminal.
  package let length: Int?
  let descriptor: Int32

  /// Opens `file`, called `name` in errors; throws `unreadable`, also for pipes, devices and sockets.
  ///
  /// The path of a descriptor that is open already, as a shell gives one for `<(...)`, may be anything that can be read.
  package init(_ file: FileLocation, name: String) throws(DataError) {
    let isOpen = ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].contains(where: file.path.hasPrefix)
    try self.init(descriptor: Self.open(file), name: name, mustBeRegular: !isOpen)
    if isOpen { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
  }

  /// Opens the regular file at `path`; throws `unreadable` for anything else, such as a pipe, without blocking, and for
  /// a link unless it is followed.
  package init(regularFile path: String, followsLinks: Bool = true) throws(DataError) {
    try self.init(regularFile: FileLocation(path), followsLinks: followsLinks)
  }

  /// Opens a regular file as above.
  package init(regularFile file: FileLocation, followsLinks: Bool = true) throws(DataError) {
    let descriptor = Self.open(file, followsLinks ? 0 : O_NOFOLLOW)
    if descriptor < 0, !followsLinks, errno == ELOOP {
      throw .unreadable(path: file.path, reason: "a link, which is not followed here")
    }
    try self.init(descriptor: descriptor, name: file.path, mustBeRegular: true)
  }

  /// Opens a file for reading without waiting for whoever writes to a pipe.
  private static func open(_ file: FileLocation, _ flags: Int32 = 0) -> Int32 {
    file.at { openat($0, $1, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags) }
  }

  /// Reads standard input.
  package init(standardInput name: String) throws(DataError) {
    try self.init(descriptor: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), name: name)
  }

  /// Takes ownership of an open descriptor; a negative one throws `unreadable` with the message of `errno`.
  package init(descriptor: Int32, name: String, mustBeRegular: Bool = false) throws(DataError) {
    var status = stat()
    let isOpen = descriptor >= 0 && fstat(descriptor, &status) == 0
    let kind = status.st_mode & S_IFMT
    // ENXIO: a socket.
    let notRegular = "not a regular file"
    let fault = isOpen ? "this is a folder, not a file" : errno == ENXIO ? notRegular : systemMessage()
    self.descriptor = descriptor
    self.name = name
    length = kind == S_IFREG ? Int(status.st_size) : nil
    if !isOpen || kind == S_IFDIR { throw .unreadable(path: name, reason: fault) }
    if mustBeRegular, kind != S_IFREG { throw .unreadable(path: name, reason: notRegular) }
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

  /// The next `count` bytes; throws `unreadable` if there are fewer.
  package func read(exactly count: Int) throws(DataError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBufferPointer { (buffer) throws(DataError) in
      var filled = 0
      while filled < count {
        let rest = UnsafeMutableBufferPointer(rebasing: buffer[filled...])
        let received = try read(into: UnsafeMutableRawBufferPointer(rest))
        if received == 0 { throw .unreadable(path: name, reason: "the file was truncated while it was read") }
        filled += received
      }
    }
    return bytes
  }

  deinit {
    close(descriptor)
  }
}
