/// An operator of ONNX's standard domain that computes a part of a layer.
public struct ONNXOperator: Sendable, Equatable {
  /// ONNX's operator type, such as `Conv`.
  public let type: String
  /// ONNX's attributes, in the order they are written.
  public let attributes: [Attribute]
  /// Integers that the operator takes as its last input, such as the shape of a `Reshape`.
  public let list: [Int]?
  /// Whether the layer's parameters, and then its state, are inputs of the operator.
  public let takesWeights: Bool
  /// How the operator takes the further inputs of its layer.
  public let merges: Merging

  /// A number that the operator takes as its last input.
  public let constant: Double?

  /// How an operator takes several inputs of its layer.
  public enum Merging: Sendable, Equatable {
    /// It reads one value.
    case none
    /// One operator reads all of them.
    case all
    /// It reads two; the next one reads its output and the third, and so on.
    case pairs
    /// It reads the value before it and the layer's own input.
    case withInput
  }

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
      case float(Double)
      case string(String)
    }

    /// `name` = `value`, one float.
    public static func float(_ name: String, _ value: Double) -> Attribute {
      Attribute(name: name, value: .float(value))
    }

    /// `name` = `value`, a string.
    public static func string(_ name: String, _ value: String) -> Attribute {
      Attribute(name: name, value: .string(value))
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
  public init(
    _ type: String, _ attributes: [Attribute] = [], list: [Int]? = nil, takesWeights: Bool = false,
    merges: Merging = .none, constant: Double? = nil
  ) {
    (self.type, self.attributes, self.list) = (type, attributes, list)
    (self.takesWeights, self.merges, self.constant) = (takesWeights, merges, constant)
  }
}
