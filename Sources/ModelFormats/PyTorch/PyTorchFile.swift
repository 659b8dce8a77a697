import FileIO
import Formatting

/// A state dict written by `torch.save`, in the zip format or the one before PyTorch 1.6.
///
/// Nothing of the file is executed: its pickle is read by a machine that knows tensors and dictionaries only. The state
/// dict is the whole file, or its member `state_dict`, `model_state_dict` or `model`; everything else is ignored.
public struct PyTorchFile: Sendable {
  /// A tensor of the state dict.
  public struct Tensor: Sendable, Equatable {
    /// The name, such as `conv1.weight`.
    public let name: String
    /// The shape; empty for a scalar.
    public let shape: [Int]
    /// The element type.
    public let elementType: ElementType
    /// The step along each dimension in elements.
    let strides: [Int]
    /// Where its first element lies in the file.
    let start: Int
  }

  /// The supported element types, by the name of PyTorch's `dtype`.
  public enum ElementType: String, Sendable, CaseIterable {
    case float64, float32, float16, bfloat16, int64, int32, int16, uint16, int8, uint8, bool

    /// The size of an element in bytes.
    public var size: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  /// The name in error messages: the path.
  public let name: String
  /// The tensors in the order of the state dict.
  public let tensors: [Tensor]
  private let bytes: [UInt8]
  private let isBigEndian: Bool

  /// Reads the file at `path`.
  ///
  /// - Throws: `unreadable`, `malformed` for an invalid file, `unsuitable` for one without a state dict.
  public init(contentsOf path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    try self.init(parsing: source.readAll(), name: path)
  }

  /// Reads a file in memory, called `name` in errors; throws like `init(contentsOf:)`.
  public init(parsing bytes: [UInt8], name: String) throws(DataError) {
    let content =
      FileSignature.isZip(bytes)
      ? try PyTorchContent(archive: bytes, name: name) : try PyTorchContent(legacy: bytes, name: name)
    let dictionary = try StateDict(content.machine, root: content.root, name: name)
    (self.name, self.bytes, isBigEndian) = (name, bytes, content.isBigEndian)
    tensors = try content.tensors(dictionary.entries)
  }

  /// Whether a file that begins with `start` (at least 32 bytes) was written by `torch.save` before PyTorch 1.6.
  package static func isLegacy(_ start: some Collection<UInt8>) -> Bool {
    let start = Array(start.prefix(32))
    guard start.starts(with: [0x80]) else { return false }
    return start.indices.contains { start[$0...].starts(with: PyTorchContent.legacyMagic) }
  }

  /// The elements of a tensor in row-major order, little-endian.
  public func bytes(of tensor: Tensor) -> [UInt8] {
    let size = tensor.elementType.size
    let count = tensor.shape.byteCount(elementSize: size) ?? 0
    var result: [UInt8] = []
    if count == 0 { return result }
    result.reserveCapacity(count)
    // The trailing dimensions whose elements lie one behind another are copied together.
    var run = size
    var rank = tensor.shape.count
    while rank > 0, tensor.shape[rank - 1] == 1 || tensor.strides[rank - 1] * size == run {
      run *= tensor.shape[rank - 1]
      rank -= 1
    }
    var (index, offset) = ([Int](repeating: 0, count: rank), tensor.start)
    while result.count < count {
      result += bytes[offset..<offset + run]
      for axis in (0..<rank).reversed() {
        index[axis] += 1
        offset += tensor.strides[axis] * size
        if index[axis] < tensor.shape[axis] { break }
        offset -= tensor.strides[axis] * size * tensor.shape[axis]
        index[axis] = 0
      }
    }
    if isBigEndian, size > 1 {
      for first in stride(from: 0, to: count, by: size) { result[first..<first + size].reverse() }
    }
    return result
  }
}
