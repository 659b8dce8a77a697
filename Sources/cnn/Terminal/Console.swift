import ArgumentParser
import FileIO
import Reporting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard output for results, standard error for everything else.
enum Console {
  /// Prints a result line; exits with success if the reader has closed standard output.
  static func print(_ line: String = "") throws {
    if try !tryPrint(line) { throw ExitCode.success }
  }

  /// Prints a result line; returns false if the reader has closed standard output.
  static func tryPrint(_ line: String) throws -> Bool {
    if write(line + "\n", to: STDOUT_FILENO) { return true }
    if errno == EPIPE { return false }
    error("standard output: \(systemMessage())")
    throw ExitStatus.cannotWrite.code
  }

  /// Prints an error or a notice.
  static func error(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

  /// Writes text without a newline to standard error, for a progress bar.
  static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// Makes a closed pipe, and a file beyond the user's limit, errors of `write` instead of fatal signals.
  static func ignoreFailedWrites() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }

  /// The width of the terminal on standard error; nil if it is not a terminal, or one without cursor movement.
  static var terminalWidth: Int? { variable("TERM") == "dumb" ? nil : width(of: STDERR_FILENO) }

  /// The width of the terminal on standard output; nil if it is not a terminal.
  static var outputWidth: Int? { width(of: STDOUT_FILENO) }

  private static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether the locale has Unicode.
  static var showsUnicode: Bool { environment.isUnicode }

  /// Whether standard output is a terminal with 24-bit colours, unless `NO_COLOR` is set.
  static var hasTrueColor: Bool {
    isatty(STDOUT_FILENO) == 1 && ["truecolor", "24bit"].contains(variable("COLORTERM") ?? "")
      && variable("TERM") != "dumb" && environment.allowsColor
  }

  /// The value of an environment variable.
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

  /// Writes all of a text; returns false and sets `errno` on failure.
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    Array(text.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
  }
}
