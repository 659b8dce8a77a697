/// A network as a graph in the ONNX format (IR version 8, operator set 17).
///
/// One input and any number of outputs of `Float`, each with N images; the nodes in topological order.
public struct ONNX: Sendable {
  /// The value of an attribute.
  public enum Attribute: Sendable, Equatable {
    case integer(Int)
    case integers([Int])
    case float(Float)
    case string(String)
  }

  private var nodes = Messages(field: 1)
  private var initializers = Messages(field: 5)
  private var inputs = Messages(field: 11)
  private var outputs = Messages(field: 12)
  private var metadata = Messages(field: 14)

  /// A graph without nodes.
  public init() {}

  /// Appends a node of operator `type` from `inputs` to `output`, which is also the name of the node.
  public mutating func appendNode(
    _ type: String, _ attributes: [(name: String, value: Attribute)] = [], inputs: [String], output: String
  ) {
    nodes.append { node in
      for input in inputs { node.write(input, field: 1) }
      node.write(output, field: 2)
      node.write(output, field: 3)
      node.write(type, field: 4)
      for attribute in attributes {
        node.write(field: 5) { $0.write(attribute) }
      }
    }
  }

  /// Appends an initializer (a constant) of `shape` with as many `values`.
  public mutating func append(_ name: String, shape: [Int], _ values: [Float]) {
    append(name, shape: shape, .float, values.map(\.bitPattern))
  }

  /// Appends an initializer of integers, [count].
  public mutating func append(_ name: String, _ values: [Int]) {
    append(name, shape: [values.count], .integer, values.map { Int64($0) })
  }

  /// Appends an input; `shape` is without the batch.
  public mutating func appendInput(_ name: String, shape: [Int]) { inputs.append(name, shape: shape) }

  /// Appends an output; `shape` is without the batch.
  public mutating func appendOutput(_ name: String, shape: [Int]) { outputs.append(name, shape: shape) }

  /// Appends an entry of the metadata.
  public mutating func appendMetadata(_ key: String, _ value: String) {
    metadata.append { entry in
      entry.write(key, field: 1)
      entry.write(value, field: 2)
    }
  }

  /// The ONNX file, with a graph called `name`: equal graphs give equal bytes.
  public func encoded(name: String) -> [UInt8] {
    var model = ProtobufWriter()
    model.write(8, field: 1)
    model.write("cnn", field: 2)
    model.write(field: 7) { graph in
      nodes.write(to: &graph)
      graph.write(name, field: 2)
      for part in [initializers, inputs, outputs] { part.write(to: &graph) }
    }
    // The operator set of the standard domain, whose name is empty.
    model.write(field: 8) { $0.write(17, field: 2) }
    metadata.write(to: &model)
    return model.bytes
  }

  private enum ElementType: Int {
    case float = 1
    case integer = 7
  }

  private mutating func append(
    _ name: String, shape: [Int], _ type: ElementType, _ values: [some FixedWidthInteger]
  ) {
    initializers.append { tensor in
      for size in shape { tensor.write(size, field: 1) }
      tensor.write(type.rawValue, field: 2)
      tensor.write(name, field: 8)
      tensor.write(values.map(\.littleEndian).withUnsafeBytes { Array($0) }, field: 9)
    }
  }

  /// A repeated field of messages.
  private struct Messages: Sendable {
    let field: Int
    private var messages: [[UInt8]] = []

    init(field: Int) { self.field = field }

    mutating func append(_ body: (inout ProtobufWriter) -> Void) {
      var message = ProtobufWriter()
      body(&message)
      messages.append(message.bytes)
    }

    /// A value of `Float`, [N] and `shape`.
    mutating func append(_ name: String, shape: [Int]) {
      append { value in
        value.write(name, field: 1)
        value.write(field: 2) { type in
          type.write(field: 1) { tensor in
            tensor.write(ElementType.float.rawValue, field: 1)
            tensor.write(field: 2) { dimensions in
              dimensions.write(field: 1) { $0.write("N", field: 2) }
              for size in shape { dimensions.write(field: 1) { $0.write(size, field: 1) } }
            }
          }
        }
      }
    }

    func write(to message: inout ProtobufWriter) {
      for bytes in messages { message.write(bytes, field: field) }
    }
  }
}

extension ProtobufWriter {
  fileprivate mutating func write(_ attribute: (name: String, value: ONNX.Attribute)) {
    write(attribute.name, field: 1)
    switch attribute.value {
    case .integer(let value):
      write(value, field: 3)
      write(2, field: 20)
    case .integers(let values):
      for value in values { write(value, field: 8) }
      write(7, field: 20)
    case .float(let value):
      write(value, field: 2)
      write(1, field: 20)
    case .string(let value):
      write(value, field: 4)
      write(3, field: 20)
    }
  }
}
