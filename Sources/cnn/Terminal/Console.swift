import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard output for results, standard error for everything else.
enum Console {
  /// Prints a result line; ends the program quietly when nobody reads any more.
  static func print(_ line: String = "") throws {
    let status = write(line + "\n", to: STDOUT_FILENO)
    if status == EPIPE { throw ExitCode.success }
    if status != 0 {
      error("standard output: \(String(cString: strerror(status)))")
      throw ExitStatus.cannotWrite.code
    }
  }

  /// Prints an error or a notice.
  static func error(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

  /// Writes to standard error as it is, for a progress bar.
  static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// A closed pipe is an error of the write, not the end of the program.
  static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

  /// The width of the terminal behind standard error; nil when it is none, or cannot move its cursor.
  static var terminalWidth: Int? {
    guard isatty(STDERR_FILENO) == 1, variable("TERM") != "dumb" else { return nil }
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// An environment variable.
  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// All environment variables.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }

  /// The current folder.
  static var currentFolder: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }

  /// Whether there is a folder at `path`.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Writes everything; 0, or what went wrong.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      #if canImport(Glibc)
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      #else
        let count = rest.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
      #endif
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return errno }
    }
    return 0
  }
}
