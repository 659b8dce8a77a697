import FileIO
import Formatting

/// Reads a model message by message. Numbers of fields are those of onnx.proto.
struct ONNXParser {
  private(set) var irVersion = 0
  private(set) var operatorSet: Int?
  private(set) var producer = ""
  private(set) var graphName = ""
  private(set) var nodes: [ONNXGraph.Node] = []
  private(set) var inputs: [ONNXGraph.Value] = []
  private(set) var outputs: [ONNXGraph.Value] = []
  private(set) var initializers: [ONNXGraph.Tensor] = []
  private(set) var metadata: [(key: String, value: String)] = []

  let bytes: [UInt8]
  let name: String
  let external: (String) throws(DataError) -> [UInt8]
  /// The files beside the model that have been read.
  var externalFiles: [String: [UInt8]] = [:]
  /// The bytes of the model and of these files, and those of all tensors in them.
  var (availableBytes, usedBytes): (Int, Int)
  /// Fields that have been read into memory; each needs more there than in the file.
  private var fieldCount = 0

  private static let (largestFieldCount, operatorSets, irVersions) = (1 << 21, 13...20, 3...20)

  init(_ bytes: [UInt8], name: String, external: @escaping (String) throws(DataError) -> [UInt8]) {
    (self.bytes, self.name, self.external) = (bytes, name, external)
    (availableBytes, usedBytes) = (bytes.count, 0)
  }

  /// Reads the whole model (ModelProto).
  mutating func parse() throws(DataError) {
    guard ONNXGraph.mayBegin(bytes) || FileSignature(bytes) == nil else {
      throw fault("not an ONNX model: \(FileSignature.describe(bytes))", at: 0)
    }
    if bytes.isEmpty { throw fault("not an ONNX model: the file is empty", at: 0) }
    var graph: Range<Int>?
    try forEachField(in: 0..<bytes.count) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: parser.irVersion = try parser.integer(field)
      case 2: parser.producer = try parser.text(field)
      case 7:
        if graph != nil { throw parser.fault("a second graph", at: field.byte) }
        graph = try parser.range(field)
      case 8: try parser.readOperatorSet(field)
      case 14: parser.metadata.append(try parser.entry(field))
      default: break
      }
    }
    guard Self.irVersions ~= irVersion, let graph else {
      let what = graph == nil ? "there is no graph in it" : "its IR version is \(irVersion)"
      throw fault("not an ONNX model: \(what)", at: 0)
    }
    guard let operatorSet, Self.operatorSets ~= operatorSet else {
      let found = operatorSet.map { "operator set \($0)" } ?? "no operator set"
      throw .unsuitable(path: name, reason: "\(found); 13 to 20 are supported, export with opset_version=17")
    }
    try readGraph(graph)
  }

  private mutating func readOperatorSet(_ field: ProtobufReader.Field) throws(DataError) {
    var (domain, version) = ("", 0)
    try forEachField(in: range(field)) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: domain = try parser.text(field)
      case 2: version = try parser.integer(field)
      default: break
      }
    }
    if domain.isEmpty || domain == "ai.onnx" { operatorSet = version }
  }

  /// Reads the graph (GraphProto) and checks that its nodes read what there is.
  private mutating func readGraph(_ range: Range<Int>) throws(DataError) {
    try forEachField(in: range) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: parser.nodes.append(try parser.node(field))
      case 2: parser.graphName = try parser.text(field)
      case 5: parser.initializers.append(try parser.tensor(field))
      case 11: parser.inputs.append(try parser.value(field))
      case 12: parser.outputs.append(try parser.value(field))
      case 15: throw parser.fault("sparse tensors are not supported", at: field.byte)
      default: break
      }
    }
    var known: Set<String> = []
    for tensor in initializers where !known.insert(tensor.name).inserted {
      throw fault("two constants are called \(tensor.name.quoted)", at: range.lowerBound)
    }
    // Before IR version 4, constants had to be inputs, too.
    inputs.removeAll { known.contains($0.name) }
    for input in inputs where !known.insert(input.name).inserted {
      throw fault("two inputs are called \(input.name.quoted)", at: range.lowerBound)
    }
    for node in nodes {
      for input in node.inputs where !input.isEmpty && !known.contains(input) {
        throw fault(
          "\(node.type.oneLine) reads \(input.quoted), which nothing before it computes",
          at: node.byte)
      }
      for output in node.outputs where !output.isEmpty && !known.insert(output).inserted {
        throw fault("\(output.quoted) is computed twice", at: node.byte)
      }
    }
    for output in outputs where !known.contains(output.name) {
      throw fault("nothing computes the output \(output.name.quoted)", at: range.lowerBound)
    }
  }

  // MARK: Fields

  /// Calls `body` with each field of the message in `range`.
  mutating func forEachField(
    in range: Range<Int>, _ body: (inout ONNXParser, ProtobufReader.Field) throws(DataError) -> Void
  ) throws(DataError) {
    var reader = ProtobufReader(bytes, range)
    while true {
      let field: ProtobufReader.Field?
      do throws(ProtobufReader.Fault) {
        field = try reader.next()
      } catch {
        throw fault(error.message, at: error.byte)
      }
      guard let field else { return }
      try count(1, at: field.byte)
      try body(&self, field)
    }
  }

  /// Counts values that are about to be kept in memory.
  mutating func count(_ values: Int, at byte: Int) throws(DataError) {
    fieldCount += values
    if fieldCount > Self.largestFieldCount {
      throw fault("more than \(Self.largestFieldCount.grouped) fields", at: byte)
    }
  }

  func fault(_ reason: String, at byte: Int) -> DataError {
    .malformed(path: name, byte: byte, reason: "onnx: \(reason)")
  }

  func wrongKind(_ field: ProtobufReader.Field) -> DataError {
    fault("field \(field.number) has another kind than onnx.proto says", at: field.byte)
  }

  func range(_ field: ProtobufReader.Field) throws(DataError) -> Range<Int> {
    guard case .bytes(let range) = field.value else { throw wrongKind(field) }
    return range
  }

  func text(_ field: ProtobufReader.Field) throws(DataError) -> String {
    String(decoding: bytes[try range(field)], as: UTF8.self)
  }

  /// A signed integer of 64 bits.
  func integer(_ field: ProtobufReader.Field) throws(DataError) -> Int {
    guard case .varint(let word) = field.value else { throw wrongKind(field) }
    return Int(truncatingIfNeeded: word)
  }

  func float(_ field: ProtobufReader.Field) throws(DataError) -> Float {
    guard case .fixed32(let word) = field.value else { throw wrongKind(field) }
    return Float(bitPattern: word)
  }

  /// A key and a value (StringStringEntryProto).
  mutating func entry(_ field: ProtobufReader.Field) throws(DataError) -> (key: String, value: String) {
    var entry = (key: "", value: "")
    try forEachField(in: range(field)) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: entry.key = try parser.text(field)
      case 2: entry.value = try parser.text(field)
      default: break
      }
    }
    return entry
  }
}
