/// An operator of ONNX's standard domain that computes a part of a layer.
public struct ONNXOperator: Sendable, Equatable {
  /// ONNX's operator type, such as `Conv`.
  public let type: String
  /// ONNX's attributes, in the order they are written.
  public let attributes: [Attribute]
  /// Integers that the operator takes as its last input, such as the shape of a `Reshape`.
  public let list: [Int]?
  /// Whether the layer's parameters are inputs of the operator.
  public let takesWeights: Bool

  /// A named attribute.
  public struct Attribute: Sendable, Equatable {
    /// ONNX's name, such as `strides`.
    public let name: String
    /// Its value.
    public let value: Value

    /// The types of attribute values that layers use.
    public enum Value: Sendable, Equatable {
      case integer(Int)
      case integers([Int])
    }

    /// `name` = `value`, one integer.
    public static func integer(_ name: String, _ value: Int) -> Attribute {
      Attribute(name: name, value: .integer(value))
    }

    /// `name` = `values`, a list of integers.
    public static func integers(_ name: String, _ values: [Int]) -> Attribute {
      Attribute(name: name, value: .integers(values))
    }
  }

  /// An operator with its attributes.
  public init(_ type: String, _ attributes: [Attribute] = [], list: [Int]? = nil, takesWeights: Bool = false)
  {
    (self.type, self.attributes, self.list, self.takesWeights) = (type, attributes, list, takesWeights)
  }
}
