import Digits

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A text file that grows line by line.
struct LineFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Starts the file anew.
  init(path: String) throws(DataError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw .unwritable(path: path, reason: systemMessage()) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds a line.
  func append(_ line: String) throws(DataError) {
    guard Array("\(line)\n".utf8).withUnsafeBytes({ writeAll($0, to: descriptor) }) else {
      throw .unwritable(path: path, reason: systemMessage())
    }
  }
}
