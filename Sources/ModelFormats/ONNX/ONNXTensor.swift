import FileIO

extension ONNXGraph {
  /// A constant of a graph.
  public struct Tensor: Sendable, Equatable {
    /// The name; empty for the value of an attribute.
    public let name: String
    /// The shape of row-major data; empty for a scalar.
    public let shape: [Int]
    /// The element type.
    public let elementType: ElementType
    /// The bytes that hold its data, little-endian: the whole file, or a list of the data.
    let content: [UInt8]
    let range: Range<Int>

    /// The little-endian bytes of the data.
    public var bytes: ArraySlice<UInt8> { content[range] }

    /// The elements as `Float`; nil for integers.
    public var floats: [Float]? {
      switch elementType {
      case .float: bytes.elements { Float(bitPattern: UInt32(littleEndian: $0)) }
      case .double: bytes.elements { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
      case .float16: bytes.elements { Float(halfBits: UInt16(littleEndian: $0)) }
      case .int64: nil
      }
    }

    /// The elements of a tensor of integers; nil for other types.
    public var integers: [Int]? {
      elementType == .int64 ? bytes.elements { Int(Int64(littleEndian: $0)) } : nil
    }
  }

  /// The supported element types, by ONNX's numbers.
  public enum ElementType: Int, Sendable {
    case float = 1
    case int64 = 7
    case float16 = 10
    case double = 11

    /// The size of an element in bytes.
    public var size: Int {
      switch self {
      case .float: 4
      case .float16: 2
      case .int64, .double: 8
      }
    }
  }
}

extension SafeTensors.DataType {
  /// The element type of a constant of an ONNX graph.
  package init(_ type: ONNXGraph.ElementType) {
    self =
      switch type {
      case .float: .float32
      case .float16: .float16
      case .double: .float64
      case .int64: .int64
      }
  }
}
