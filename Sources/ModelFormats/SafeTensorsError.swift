import Formatting

/// Why a safetensors file cannot be read or written.
public struct SafeTensorsError: Error, Sendable, Hashable {
  /// What stands in the way.
  public enum Kind: Sendable {
    /// The file is missing, or reading it failed.
    case unreadable
    /// The file is not a valid safetensors file, or beyond the limits.
    case malformed
    /// What is to be written does not make a valid file.
    case unwritable
  }

  /// What stands in the way.
  public let kind: Kind
  /// The file's path; empty if nothing has a name yet.
  public var file: String
  /// The byte of the file the fault is at, if it has a place.
  public var byte: Int?
  /// The tensor it is about, if it is about one.
  public var tensor: String?
  /// What is wrong, without file, byte and tensor.
  public var message: String
}

extension SafeTensorsError: CustomStringConvertible {
  /// One line: `last.ckpt: byte 8: tensor conv1.weight: …`
  public var description: String {
    let parts = [file, byte.map { "byte \($0)" }, tensor.map { "tensor \($0)" }, message]
    return parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ").oneLine
  }
}
