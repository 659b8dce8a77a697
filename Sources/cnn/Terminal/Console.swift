import ArgumentParser
import FileIO
import Formatting
import Reporting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard output for results, standard error for everything else.
///
/// A line may hold names and texts of files, of their metadata and of other programs: all lines are printed by
/// `String.oneLine`.
enum Console {
  /// Prints a result line; exits with success if the reader has closed standard output.
  static func print(_ line: String = "") throws { try print([line]) }

  /// Prints result lines at once.
  static func print(_ lines: [String]) throws {
    try print(styled: lines.map(\.oneLine).joined(separator: "\n"))
  }

  /// Prints text with escape sequences and line breaks of our own, such as JSON.
  static func print(styled text: String) throws {
    if let code = try deliver(text) { throw code }
  }

  /// Prints a result line; returns false if nobody reads standard output any more.
  static func tryPrint(_ line: String) throws -> Bool { try deliver(line.oneLine) == nil }

  /// Writes a line to standard output; returns how to end if nobody reads it any more.
  private static func deliver(_ text: String) throws -> ExitCode? {
    if write(text + "\n", to: STDOUT_FILENO) { return nil }
    switch errno {
    case EPIPE: return .success
    // The terminal has vanished. What is printed is dropped then where the program was told to go on without it.
    case EIO where StandardStreams.isDevice(STDOUT_FILENO):
      return Interruption.outlivesTerminal ? nil : ExitStatus.brokenPipe.code
    default:
      error("standard output: \(systemMessage())")
      throw ExitStatus.cannotWrite.code
    }
  }

  /// Prints an error or a notice.
  static func error(_ line: String) { _ = write(line.oneLine + "\n", to: STDERR_FILENO) }

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
  static func variable(_ name: String) -> String? { getenv(name).map { String.decoding(rawBytes: $0) } }

  /// All environment variables.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String.decoding(rawBytes: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }

  /// The current folder.
  static var currentFolder: String { FileIO.currentFolder() ?? "." }

  /// Writes all of a text; returns false and sets `errno` on failure.
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    Array(text.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
  }
}
