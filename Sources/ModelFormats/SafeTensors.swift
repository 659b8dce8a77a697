/// Named tensors and text metadata in one file, as Hugging Face's safetensors format lays them out.
///
/// The file is a u64 header length, the header in JSON, and the tensors' little-endian bytes without gaps. Files
/// written here carry a CRC-32C of every byte, so that damage never passes for weights.
public struct SafeTensors: Sendable {
  /// One tensor: what it is, and where its bytes are.
  public struct Tensor: Sendable, Hashable {
    /// Its name, such as `conv1.weight`.
    public let name: String
    /// Its sizes in row-major order, such as [out, in, kh, kw]; empty for a scalar.
    public let shape: [Int]
    /// The type of its elements.
    public let dataType: DataType
    /// Its bytes, counted from the start of the data.
    public let range: Range<Int>
  }

  /// The element types that are known here, by their name in the header.
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

  /// What a file may hold before it is refused; the same limits hold for reading and writing.
  public struct Limits: Sendable {
    /// The longest header in bytes; the format itself allows 100,000,000.
    public var headerBytes: Int
    /// The longest file in bytes.
    public var fileBytes: Int
    /// The most tensors.
    public var tensors: Int
    /// The most dimensions of a tensor.
    public var rank: Int

    /// Limits fit for a checkpoint, unless told otherwise: 1 MiB of header, 4 GiB, 1,024 tensors of rank 4.
    public init(headerBytes: Int = 1 << 20, fileBytes: Int = 1 << 32, tensors: Int = 1024, rank: Int = 4) {
      self.headerBytes = min(headerBytes, 100_000_000)
      self.fileBytes = fileBytes
      self.tensors = tensors
      self.rank = rank
    }
  }

  /// The tensors in the order of the header.
  public internal(set) var tensors: [Tensor] = []
  /// Text under text keys, in order; the checksum is not part of it.
  public internal(set) var metadata: [(key: String, value: String)] = []
  /// Whether the file this was read from carried a checksum, which was then right.
  public internal(set) var isChecksummed = false
  /// The bytes of all tensors.
  var data: [UInt8] = []

  /// No tensors and no metadata.
  public init() {}

  /// The tensor called `name`, nil if there is none.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// The metadata under `key`, nil if there is none.
  public func metadata(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// The little-endian bytes of one of the tensors.
  public func bytes(of tensor: Tensor) -> ArraySlice<UInt8> { data[tensor.range] }

  /// The elements of one of the tensors, rounded to `Float` from wider types; nil for integers.
  public func floats(of tensor: Tensor) -> [Float]? {
    switch tensor.dataType {
    case .float32: elements(of: tensor) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64: elements(of: tensor) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .float16: elements(of: tensor) { Float(halfBits: UInt16(littleEndian: $0)) }
    case .bfloat16: elements(of: tensor) { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
    case .int64, .int32, .uint8: nil
    }
  }

  private func elements<Bits: BitwiseCopyable>(of tensor: Tensor, _ convert: (Bits) -> Float) -> [Float] {
    bytes(of: tensor).withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Bits>.size).map { index in
        convert(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
      }
    }
  }
}

extension Float {
  /// The value of an IEEE 754 binary16, which every processor can take apart.
  init(halfBits bits: UInt16) {
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
