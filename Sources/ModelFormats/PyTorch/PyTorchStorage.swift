import FileIO

/// The memory of tensors that a pickle refers to; its bytes lie elsewhere in the file.
struct PyTorchStorage {
  /// Its name in the file.
  let key: String
  let type: PyTorchStorageType
  /// The number of elements that the pickle announces.
  let count: Int
  /// The first element of a view of another storage, of files before PyTorch 0.4.
  let first: Int
  /// Where the pickle announces it.
  let byte: Int
}

/// A tensor within a storage, checked against the storage's announced size.
struct PyTorchStorageView {
  let storage: Int
  let type: PyTorchStorageType
  /// The first element, in elements of the tensor's type.
  let offset: Int
  let shape: [Int]
  /// The step along each dimension in elements.
  let strides: [Int]
  /// Where the pickle makes it.
  let byte: Int

  /// The largest index in the storage, less one for an empty tensor; nil if it exceeds all limits.
  static func lastIndex(offset: Int, shape: [Int], strides: [Int]) -> Int? {
    if shape.contains(0) { return offset - 1 }
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (distance, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, isTooLarge) = last.addingReportingOverflow(distance)
      if overflow || isTooLarge { return nil }
      last = sum
    }
    return last
  }
}

/// The element type of a storage or a tensor, by PyTorch's names.
struct PyTorchStorageType: Equatable {
  /// The name of the `dtype`, such as `float32`; `untyped` for bytes whose tensors have types of their own.
  let name: String
  /// The size of an element in bytes.
  let size: Int

  static let untyped = PyTorchStorageType(name: "untyped", size: 1)

  /// What tensors of it are read as, nil for types that weights do not have.
  var elementType: PyTorchFile.ElementType? { PyTorchFile.ElementType(rawValue: name) }

  /// The type of a storage's class, such as `torch.FloatStorage`.
  init?(storageClass: PickleGlobal) {
    if storageClass.path == "torch.storage.UntypedStorage" || storageClass.path == "torch.UntypedStorage" {
      self = .untyped
      return
    }
    for prefix in ["torch.", "torch.cuda."] {
      if let type = Self.classes.first(where: { storageClass.path == prefix + $0.0 + "Storage" })?.1 {
        self = type
        return
      }
    }
    return nil
  }

  /// The type of a tensor's `dtype`, such as `torch.float32`.
  init?(dtype: PickleGlobal) {
    let types = Self.classes.map(\.1) + Self.others
    guard let type = types.first(where: { dtype.path == "torch." + $0.name }) else { return nil }
    self = type
  }

  private init(name: String, size: Int) { (self.name, self.size) = (name, size) }

  private static let classes: [(String, PyTorchStorageType)] = [
    ("Float", "float32", 4), ("Double", "float64", 8), ("Half", "float16", 2), ("BFloat16", "bfloat16", 2),
    ("Long", "int64", 8), ("Int", "int32", 4), ("Short", "int16", 2), ("Char", "int8", 1),
    ("Byte", "uint8", 1),
    ("Bool", "bool", 1), ("ComplexFloat", "complex64", 8), ("ComplexDouble", "complex128", 16),
    ("QUInt8", "quint8", 1), ("QInt8", "qint8", 1), ("QInt32", "qint32", 4),
  ].map { ($0, PyTorchStorageType(name: $1, size: $2)) }

  private static let others = [
    ("uint16", 2), ("uint32", 4), ("uint64", 8), ("complex32", 4), ("float8_e4m3fn", 1), ("float8_e5m2", 1),
    ("float8_e4m3fnuz", 1), ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1),
  ].map { PyTorchStorageType(name: $0, size: $1) }
}
