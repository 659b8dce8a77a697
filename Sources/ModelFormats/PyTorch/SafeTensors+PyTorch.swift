import FileIO

extension SafeTensors {
  /// The tensors of a PyTorch state dict in its order; small integers become wider ones, booleans bytes of 0 and 1.
  ///
  /// Throws `malformed` for a name that safetensors reserves.
  public init(_ file: PyTorchFile) throws(DataError) {
    self.init()
    for tensor in file.tensors {
      guard tensor.name != SafeTensorsHeader.metadataKey else {
        throw .malformed(
          path: file.name, byte: tensor.start, reason: "a tensor has the reserved name \(tensor.name)")
      }
      let (type, bytes) = Self.converted(tensor.elementType, file.bytes(of: tensor))
      places[tensor.name] = tensors.count
      tensors.append(
        Tensor(
          name: tensor.name, shape: tensor.shape, dataType: type, range: data.count..<data.count + bytes.count
        ))
      data += bytes
    }
  }

  private static func converted(
    _ type: PyTorchFile.ElementType, _ bytes: [UInt8]
  ) -> (DataType, [UInt8]) {
    switch type {
    case .float64: (.float64, bytes)
    case .float32: (.float32, bytes)
    case .float16: (.float16, bytes)
    case .bfloat16: (.bfloat16, bytes)
    case .int64: (.int64, bytes)
    case .int32: (.int32, bytes)
    case .uint8, .bool: (.uint8, bytes)
    case .int8: (.int32, bytes.flatMap { Int32(Int8(bitPattern: $0)).littleEndianBytes })
    case .int16: (.int32, widened(bytes) { Int32(Int16(bitPattern: $0)) })
    case .uint16: (.int32, widened(bytes) { Int32($0) })
    }
  }

  private static func widened(_ bytes: [UInt8], _ convert: (UInt16) -> Int32) -> [UInt8] {
    stride(from: 0, to: bytes.count, by: 2).flatMap { index in
      convert(UInt16(truncatingIfNeeded: bytes.littleEndian(at: index, 2))).littleEndianBytes
    }
  }
}
