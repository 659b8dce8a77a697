/// A checkpoint that cannot be used, and why.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong.
  public let message: String
  /// Whether a newer version of this program wrote it.
  let isNewerFormat: Bool

  /// An error about the file at `path`.
  public init(_ path: String, _ message: String) { self.init(path, message, isNewerFormat: false) }

  init(_ path: String, _ message: String, isNewerFormat: Bool) {
    (self.path, self.message, self.isNewerFormat) = (path, message, isNewerFormat)
  }

  /// One line, or more if it is about several files.
  public var description: String { "\(path): \(message)" }
}
