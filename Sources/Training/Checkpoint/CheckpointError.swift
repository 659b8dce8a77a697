/// Why a checkpoint or a weights file cannot be used.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// The reason.
  public let message: String
  /// Whether the format version is newer than this program.
  let isNewerFormat: Bool

  /// An error about the file at `path`.
  public init(_ path: String, _ message: String) { self.init(path, message, isNewerFormat: false) }

  init(_ path: String, _ message: String, isNewerFormat: Bool) {
    (self.path, self.message, self.isNewerFormat) = (path, message, isNewerFormat)
  }

  /// One line, or one for each of several files.
  public var description: String { "\(path): \(message)" }
}
