/// Named tensors and text metadata in one file, in Hugging Face's safetensors format.
///
/// The file is a u64 header length, the header in JSON, and the tensors' little-endian bytes without gaps. Files
/// written here have a CRC-32C over every byte in their metadata, so that damaged weights are always detected.
public struct SafeTensors: Sendable {
  /// One tensor of the file.
  public struct Tensor: Sendable, Hashable {
    /// The name, such as `conv1.weight`.
    public let name: String
    /// The shape, such as [out, in, kh, kw], of row-major data; empty for a scalar.
    public let shape: [Int]
    /// The element type.
    public let dataType: DataType
    /// The offsets of its bytes from the start of the data.
    public let range: Range<Int>
  }

  /// The supported element types, by their name in the header.
  public enum DataType: String, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case uint8 = "U8"

    /// The size of an element in bytes.
    public var size: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32: 4
      case .float16, .bfloat16: 2
      case .uint8: 1
      }
    }
  }

  /// The limits of a file, for reading and writing.
  public struct Limits: Sendable {
    /// The maximum size of the header in bytes; the format itself allows 100,000,000.
    public var headerBytes: Int
    /// The maximum size of the file in bytes.
    public var fileBytes: Int
    /// The maximum number of tensors.
    public var tensors: Int
    /// The maximum rank of a tensor.
    public var rank: Int

    /// By default the limits of a checkpoint, above what 1,024 layers need: 8 MiB of header, 4 GiB, 32,768 tensors of
    /// rank 4.
    public init(
      headerBytes: Int = 1 << 23, fileBytes: Int = 1 << 32, tensors: Int = 1 << 15, rank: Int = 4
    ) {
      self.headerBytes = min(headerBytes, 100_000_000)
      self.fileBytes = fileBytes
      self.tensors = tensors
      self.rank = rank
    }
  }

  /// The tensors in the order of the header.
  public internal(set) var tensors: [Tensor] = []
  /// The place of each tensor among them, by its name.
  var places: [String: Int] = [:]
  /// The metadata in order, without the checksum.
  public internal(set) var metadata: [(key: String, value: String)] = []
  /// Whether the tensors were read from a file with a checksum, which was valid.
  public internal(set) var isChecksummed = false
  /// The bytes of all tensors.
  var data: [UInt8] = []

  /// No tensors and no metadata.
  public init() {}

  /// The tensor called `name`, nil if there is none.
  public subscript(name: String) -> Tensor? { places[name].map { tensors[$0] } }

  /// The metadata under `key`, nil if there is none.
  public func metadata(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// The little-endian bytes of a tensor.
  public func bytes(of tensor: Tensor) -> ArraySlice<UInt8> { data[tensor.range] }

  /// The elements of a tensor, float64 rounded to `Float`; nil for integer types.
  public func floats(of tensor: Tensor) -> [Float]? {
    switch tensor.dataType {
    case .float32: bytes(of: tensor).elements { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64: bytes(of: tensor).elements { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .float16: bytes(of: tensor).elements { Float(halfBits: UInt16(littleEndian: $0)) }
    case .bfloat16: bytes(of: tensor).elements { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
    case .int64, .int32, .uint8: nil
    }
  }

  /// The elements of a tensor of an integer type; nil for other types.
  public func integers(of tensor: Tensor) -> [Int64]? {
    switch tensor.dataType {
    case .int64: bytes(of: tensor).elements { Int64(littleEndian: $0) }
    case .int32: bytes(of: tensor).elements { Int64(Int32(littleEndian: $0)) }
    case .uint8: bytes(of: tensor).elements { (byte: UInt8) in Int64(byte) }
    case .float64, .float32, .float16, .bfloat16: nil
    }
  }
}

extension ArraySlice<UInt8> {
  /// The elements of which these are the bytes.
  func elements<Bits: BitwiseCopyable, Value>(_ convert: (Bits) -> Value) -> [Value] {
    withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Bits>.size).map { index in
        convert(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
      }
    }
  }
}

extension Float {
  /// The value of an IEEE 754 binary16, without `Float16`, which x86 macOS does not have.
  package init(halfBits bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 31)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      self = sign == 0 ? magnitude : -magnitude
    case 31: self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
