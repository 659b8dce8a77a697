/// What can go wrong with data; the case tells the kind of fault, the description is one line for a user.
public enum DataError: Error, Equatable, Sendable {
  /// Bad data at `byte` of the file, counted in what the file decompresses to if `decompressed` is set.
  case malformed(path: String, byte: Int, decompressed: Bool = false, reason: String)
  /// A file that is as it should be, but whose content is of no use here, as a whole.
  case unsuitable(path: String, reason: String)
  /// An input that is missing or cannot be read.
  case unreadable(path: String, reason: String)
  /// An output that could not be written.
  case unwritable(path: String, reason: String)
  /// A split, sample or batch that asks for more than the data set has.
  case unsatisfiable(reason: String)
}

extension DataError: CustomStringConvertible {
  /// One line: file, byte and reason, as far as the case has them.
  public var description: String {
    switch self {
    case .malformed(let path, let byte, let decompressed, let reason):
      "\(path): byte \(byte)\(decompressed ? " (decompressed)" : ""): \(reason)"
    case .unsuitable(let path, let reason), .unreadable(let path, let reason),
      .unwritable(let path, let reason):
      "\(path): \(reason)"
    case .unsatisfiable(let reason):
      reason
    }
  }
}
