/// A checkpoint that cannot be used, and why.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong.
  public let message: String

  /// An error about the file at `path`.
  public init(_ path: String, _ message: String) { (self.path, self.message) = (path, message) }

  /// One line.
  public var description: String { "\(path): \(message)" }
}
