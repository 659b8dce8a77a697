import FileIO

/// A network as an ONNX model has it: the graph's nodes in their order, and the constants that they read.
///
/// Names are checked: each value is written once, before it is read. What the operators mean is not.
public struct ONNXGraph: Sendable {
  /// An input or an output of the graph.
  public struct Value: Sendable, Equatable {
    /// The name.
    public let name: String
    /// The sizes, the batch first; nil where the model does not give them.
    public let shape: [Dimension]?
  }

  /// A size of a value.
  public enum Dimension: Sendable, Equatable {
    /// A number.
    case size(Int)
    /// A size that is only known when the graph runs, with its name.
    case symbol(String)
  }

  /// An operator with what it reads and writes.
  public struct Node: Sendable {
    /// The name, which may be empty.
    public let name: String
    /// The operator, such as `Conv`.
    public let type: String
    /// The domain of the operator; empty for ONNX's own.
    public let domain: String
    /// The names of the values that it reads; empty ones are left out.
    public let inputs: [String]
    /// The names of the values that it writes.
    public let outputs: [String]
    /// The attributes in order.
    public let attributes: [(name: String, value: Attribute)]
    /// Where it begins in the file.
    public let byte: Int

    init(
      name: String, type: String, domain: String, inputs: [String], outputs: [String],
      attributes: [(name: String, value: Attribute)], byte: Int
    ) {
      (self.name, self.type, self.domain, self.byte) = (name, type, domain, byte)
      (self.inputs, self.outputs, self.attributes) = (inputs, outputs, attributes)
    }

    /// A stand-in for what reads an output of the graph, for messages.
    package init(output: String) {
      self.init(
        name: "", type: "output", domain: "", inputs: [output], outputs: [output], attributes: [], byte: 0)
    }

    /// The attribute called `name`, nil if there is none.
    public subscript(name: String) -> Attribute? { attributes.first { $0.name == name }?.value }
  }

  /// The value of an attribute.
  public enum Attribute: Sendable, Equatable {
    case float(Float)
    case integer(Int)
    case text(String)
    case tensor(Tensor)
    case floats([Float])
    case integers([Int])
    case texts([String])
    /// A graph, a sparse tensor, a type, or a list of these, by the number of its type.
    case unsupported(Int)
  }

  /// The version of the file format.
  public let irVersion: Int
  /// The version of ONNX's own operators, 13 to 20.
  public let operatorSet: Int
  /// The program that wrote the file.
  public let producer: String
  /// The name of the graph.
  public let name: String
  /// The nodes in their order.
  public let nodes: [Node]
  /// The inputs without those that have a constant.
  public let inputs: [Value]
  /// The outputs.
  public let outputs: [Value]
  /// The constants (initializers) in their order.
  public let initializers: [Tensor]
  /// The metadata of the model in order.
  public let metadata: [(key: String, value: String)]

  /// Reads the model at `path`, and the files beside it that have its weights.
  ///
  /// - Throws: `unreadable`, `malformed` for an invalid file, `unsuitable` for one that is not supported.
  public init(contentsOf path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    try self.init(parsing: source.readAll(), name: path) { (location) throws(DataError) in
      let file = try InputFile(regularFile: folder + location, followsLinks: false)
      let length = file.length ?? 0
      guard length <= ByteSource.byteLimit else {
        throw .unsuitable(path: folder + location, reason: "larger than the limit of 4 GiB")
      }
      return try file.read(exactly: length)
    }
  }

  /// Reads a model in memory, called `name` in errors; `external` returns the content of a file beside it.
  ///
  /// - Throws: like `init(contentsOf:)`.
  public init(
    parsing bytes: [UInt8], name: String,
    external: @escaping (_ location: String) throws(DataError) -> [UInt8] = Self.refuse
  ) throws(DataError) {
    var parser = ONNXParser(bytes, name: name, external: external)
    try parser.parse()
    (irVersion, operatorSet, producer) = (parser.irVersion, parser.operatorSet ?? 0, parser.producer)
    (self.name, nodes, outputs, initializers) = (
      parser.graphName, parser.nodes, parser.outputs, parser.initializers
    )
    (inputs, metadata) = (parser.inputs, parser.metadata)
  }

  /// Reads no file beside a model.
  public static func refuse(_ location: String) throws(DataError) -> [UInt8] {
    throw .unsuitable(
      path: location, reason: "weights in another file are read only of a model that is a file")
  }

  /// Whether a file that begins with `start` (at least 3 bytes) may be a model: ONNX has no signature.
  package static func mayBegin(_ start: some Collection<UInt8>) -> Bool {
    let start = Array(start.prefix(3))
    // The IR version, and then the producer, its version, a domain, text, the graph or the operator sets.
    return start.count == 3 && start[0] == 0x08 && 3...20 ~= start[1]
      && [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(start[2])
  }
}
