/// An error about data; the case is its kind, which decides the exit status, the description one line for a user.
public enum DataError: Error, Equatable, Sendable {
  /// Invalid data at offset `byte` of the file, or of its decompressed content if `decompressed` is set.
  case malformed(path: String, byte: Int, decompressed: Bool = false, reason: String)
  /// A valid file whose content as a whole cannot be used.
  case unsuitable(path: String, reason: String)
  /// An input that is missing or cannot be read.
  case unreadable(path: String, reason: String)
  /// An input that cannot be had: what was tried and what can be done, a line each.
  case unobtainable(path: String, lines: [String])
  /// An output that could not be written.
  case unwritable(path: String, reason: String)
  /// A request that the available data does not allow, such as more images than there are.
  case unsatisfiable(reason: String)
}

extension DataError: CustomStringConvertible {
  /// The lines of the message: one but for `unobtainable`.
  public var lines: [String] {
    guard case .unobtainable(let path, let lines) = self else { return [description] }
    return ["\(path): \(lines.first ?? "")"] + lines.dropFirst()
  }

  /// The file, the byte and the reason, where the case has them.
  public var description: String {
    switch self {
    case .malformed(let path, let byte, let decompressed, let reason):
      "\(path): byte \(byte)\(decompressed ? " (decompressed)" : ""): \(reason)"
    case .unsuitable(let path, let reason), .unreadable(let path, let reason),
      .unwritable(let path, let reason):
      "\(path): \(reason)"
    case .unobtainable:
      lines.joined(separator: "\n")
    case .unsatisfiable(let reason):
      reason
    }
  }
}
