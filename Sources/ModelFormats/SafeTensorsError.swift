import FileIO
import Formatting

/// Why a safetensors file cannot be read or written.
public struct SafeTensorsError: Error, Sendable, Hashable {
  /// The kind of error.
  public enum Kind: Sendable {
    /// The file is missing or cannot be read.
    case unreadable
    /// The file is not a valid safetensors file, or exceeds the limits.
    case malformed
    /// The tensors cannot be written to a valid file.
    case unwritable
  }

  /// The kind of error.
  public let kind: Kind
  /// The path of the file; empty if it has none yet.
  public var file: String
  /// The offset of the error in the file, if it has one.
  public var byte: Int?
  /// The name of the tensor with the error, if there is one.
  public var tensor: String?
  /// The error without file, byte and tensor.
  public var message: String
}

extension SafeTensorsError {
  /// An error of reading `file`.
  init(_ error: DataError, file: String) {
    guard case .unreadable(_, let reason) = error else {
      self.init(kind: .malformed, file: file, message: "\(error)")
      return
    }
    self.init(kind: .unreadable, file: file, message: reason)
  }
}

extension SafeTensorsError: CustomStringConvertible {
  /// One line: `last.ckpt: byte 8: tensor conv1.weight: …`
  public var description: String {
    let parts = [file, byte.map { "byte \($0)" }, tensor.map { "tensor \($0)" }, message]
    return parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ").oneLine
  }
}
