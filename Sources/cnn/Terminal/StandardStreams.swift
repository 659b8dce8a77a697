import FileIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The descriptors of standard input, output and error.
enum StandardStreams {
  /// Takes those that are closed, before a file that is opened gets their number, and with it what is printed.
  ///
  /// They are opened on /dev/null in the direction in which nobody uses them, so that using them is an error still.
  /// Returns false if that is impossible.
  static func take() -> Bool {
    [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)].allSatisfy {
      (descriptor: Int32, direction: Int32) in
      fcntl(descriptor, F_GETFD) >= 0 || open("/dev/null", direction) == descriptor
    }
  }

  /// Whether a descriptor is open on a terminal, or was until the terminal vanished.
  static func isDevice(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
  }
}
