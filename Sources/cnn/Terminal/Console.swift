import ArgumentParser
import FileIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard output for results, standard error for everything else.
enum Console {
  /// Prints a result line; ends the program quietly when nobody reads any more.
  static func print(_ line: String = "") throws {
    if try !isRead(line) { throw ExitCode.success }
  }

  /// Prints a result line and says whether there is still somebody to read it.
  static func isRead(_ line: String) throws -> Bool {
    if write(line + "\n", to: STDOUT_FILENO) { return true }
    if errno == EPIPE { return false }
    error("standard output: \(systemMessage())")
    throw ExitStatus.cannotWrite.code
  }

  /// Prints an error or a notice.
  static func error(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

  /// Writes to standard error as it is, for a progress bar.
  static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// A closed pipe and a file beyond the user's limit are errors of the write, not the end of the program.
  static func ignoreFailedWrites() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }

  /// The width of the terminal behind standard error; nil when it is none, or cannot move its cursor.
  static var terminalWidth: Int? { variable("TERM") == "dumb" ? nil : width(of: STDERR_FILENO) }

  /// The width of the terminal behind standard output; nil when it is none.
  static var outputWidth: Int? { width(of: STDOUT_FILENO) }

  private static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether more than ASCII can be shown.
  static var showsUnicode: Bool { environment.isUnicode }

  /// Whether standard output is a terminal that shows 24-bit colours, and nobody asked for none.
  static var hasTrueColor: Bool {
    isatty(STDOUT_FILENO) == 1 && ["truecolor", "24bit"].contains(variable("COLORTERM") ?? "")
      && variable("TERM") != "dumb" && environment.allowsColor
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

  /// Writes everything; false leaves the reason to `errno`.
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    Array(text.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
  }
}
