import FileIO

extension ONNXParser {
  /// An input or an output (ValueInfoProto): field 2 is its type, of which 1 is a tensor with 2, its shape.
  mutating func value(_ field: ProtobufReader.Field) throws(DataError) -> ONNXGraph.Value {
    var name = ""
    var shape: [ONNXGraph.Dimension]?
    try forEachField(in: range(field)) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: name = try parser.text(field)
      case 2:
        for type in try parser.parts(1, of: field) {
          for part in try parser.parts(2, of: type) { shape = try parser.shape(part) }
        }
      default: break
      }
    }
    return ONNXGraph.Value(name: name, shape: shape)
  }

  /// The fields called `number` of the message that is `field`.
  private mutating func parts(
    _ number: Int, of field: ProtobufReader.Field
  ) throws(DataError) -> [ProtobufReader.Field] {
    var parts: [ProtobufReader.Field] = []
    try forEachField(in: range(field)) { (_, part) throws(DataError) in
      if part.number == number { parts.append(part) }
    }
    return parts
  }

  /// A shape (TensorShapeProto): its dimensions have a value or a name.
  private mutating func shape(_ field: ProtobufReader.Field) throws(DataError) -> [ONNXGraph.Dimension] {
    var shape: [ONNXGraph.Dimension] = []
    for part in try parts(1, of: field) {
      var dimension = ONNXGraph.Dimension.symbol("")
      try forEachField(in: range(part)) { (parser, field) throws(DataError) in
        switch field.number {
        case 1:
          let size = try parser.integer(field)
          if size < 0 { throw parser.fault("a size of \(size)", at: field.byte) }
          dimension = .size(size)
        case 2: dimension = .symbol(try parser.text(field))
        default: break
        }
      }
      shape.append(dimension)
    }
    return shape
  }

  /// A node (NodeProto).
  mutating func node(_ field: ProtobufReader.Field) throws(DataError) -> ONNXGraph.Node {
    var (name, type, domain) = ("", "", "")
    var (inputs, outputs): ([String], [String]) = ([], [])
    var attributes: [(name: String, value: ONNXGraph.Attribute)] = []
    try forEachField(in: range(field)) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: inputs.append(try parser.text(field))
      case 2: outputs.append(try parser.text(field))
      case 3: name = try parser.text(field)
      case 4: type = try parser.text(field)
      case 5: attributes.append(try parser.attribute(field))
      case 7: domain = try parser.text(field)
      default: break
      }
    }
    if domain == "ai.onnx" { domain = "" }
    return ONNXGraph.Node(
      name: name, type: type, domain: domain, inputs: inputs, outputs: outputs, attributes: attributes,
      byte: field.byte)
  }

  /// An attribute (AttributeProto); one without a type has that of its field.
  private mutating func attribute(
    _ field: ProtobufReader.Field
  ) throws(DataError) -> (name: String, value: ONNXGraph.Attribute) {
    var name = ""
    var type: Int?
    var values: [Int: ONNXGraph.Attribute] = [:]
    var (floats, integers, texts): ([Float], [Int], [String]) = ([], [], [])
    try forEachField(in: range(field)) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: name = try parser.text(field)
      case 2: values[1] = .float(try parser.float(field))
      case 3: values[2] = .integer(try parser.integer(field))
      case 4: values[3] = .text(try parser.text(field))
      case 5: values[4] = .tensor(try parser.tensor(field))
      case 7:
        floats += try parser.packed(field, of: 4).map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
      case 8: integers += try parser.packed(field, of: nil).map { Int(truncatingIfNeeded: $0) }
      case 9: texts.append(try parser.text(field))
      case 20: type = try parser.integer(field)
      case 6, 10, 11, 14, 15, 22, 23: type = type ?? 0
      default: break
      }
    }
    values[6] = floats.isEmpty && type != 6 ? nil : .floats(floats)
    values[7] = integers.isEmpty && type != 7 ? nil : .integers(integers)
    values[8] = texts.isEmpty && type != 8 ? nil : .texts(texts)
    guard let type else { return (name, values.min { $0.key < $1.key }?.value ?? .unsupported(0)) }
    // Writers of proto3 leave out what is zero.
    let zero: [Int: ONNXGraph.Attribute] = [1: .float(0), 2: .integer(0), 3: .text("")]
    return (name, values[type] ?? zero[type] ?? .unsupported(type))
  }

  /// One number, or many in one field: of `size` bytes each, or of 7 bits a byte where it is nil.
  mutating func packed(_ field: ProtobufReader.Field, of size: Int?) throws(DataError) -> [UInt64] {
    switch (field.value, size) {
    case (.varint(let word), nil), (.fixed64(let word), 8): return [word]
    case (.fixed32(let word), 4): return [UInt64(word)]
    case (.bytes(let range), let size?):
      guard range.count.isMultiple(of: size) else { throw wrongKind(field) }
      try count(range.count / size, at: field.byte)
      return stride(from: range.lowerBound, to: range.upperBound, by: size).map {
        bytes.littleEndian(at: $0, size)
      }
    case (.bytes(let range), nil):
      var (reader, words) = (ProtobufReader(bytes, range), [UInt64]())
      while !reader.isAtEnd {
        try count(1, at: reader.position)
        words.append(try varint(&reader))
      }
      return words
    default: throw wrongKind(field)
    }
  }

  func varint(_ reader: inout ProtobufReader) throws(DataError) -> UInt64 {
    do throws(ProtobufReader.Fault) {
      return try reader.varint()
    } catch {
      throw fault(error.message, at: error.byte)
    }
  }
}
