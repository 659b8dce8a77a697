import FileIO
import Formatting

extension ONNXParser {
  private static let largestRank = 16

  /// A constant (TensorProto): its data in one of several fields, or in another file.
  mutating func tensor(_ field: ProtobufReader.Field) throws(DataError) -> ONNXGraph.Tensor {
    var (name, typeNumber): (String, Int) = ("", 0)
    var shape: [Int] = []
    var raw: Range<Int>?
    var lists: [Int: [ProtobufReader.Field]] = [:]
    var (isExternal, location): (Bool, [String: String]) = (false, [:])
    try forEachField(in: range(field)) { (parser, field) throws(DataError) in
      switch field.number {
      case 1: shape += try parser.packed(field, of: nil).map { Int(truncatingIfNeeded: $0) }
      case 2: typeNumber = try parser.integer(field)
      case 3: throw parser.fault("tensors in segments are not supported", at: field.byte)
      case 4, 5, 7, 10: lists[field.number, default: []].append(field)
      case 8: name = try parser.text(field)
      case 9: raw = try parser.range(field)
      case 13:
        let (key, value) = try parser.entry(field)
        location[key] = value
      case 14: isExternal = try parser.integer(field) == 1
      default: break
      }
    }
    let path = self.name
    func fault(_ reason: String) -> DataError {
      .malformed(path: path, byte: field.byte, reason: "onnx: tensor \(name.quoted): \(reason)")
    }
    guard let type = ONNXGraph.ElementType(rawValue: typeNumber) else {
      throw fault(
        "elements of type \(Self.typeName(typeNumber)); float, float16, double and int64 are supported")
    }
    guard shape.count <= Self.largestRank, shape.allSatisfy({ $0 >= 0 }),
      let byteCount = shape.byteCount(elementSize: type.size)
    else { throw fault("the shape \(shape) is not one of at most 4 GiB") }
    let (content, data): ([UInt8], Range<Int>)
    if isExternal {
      (content, data) = try externalData(location, byteCount, fault)
    } else if let raw {
      (content, data) = (bytes, raw)
    } else {
      content = try listed(type, lists, byteCount)
      data = 0..<content.count
    }
    guard data.count == byteCount else {
      throw fault(
        "\(data.count.pluralized("byte")) of data, but the shape \(shape) needs \(byteCount.grouped)")
    }
    return ONNXGraph.Tensor(name: name, shape: shape, elementType: type, content: content, range: data)
  }

  /// The data of `float_data`, `int32_data` (of float16), `int64_data` or `double_data` as bytes, a few more than
  /// `limit` at most.
  private mutating func listed(
    _ type: ONNXGraph.ElementType, _ lists: [Int: [ProtobufReader.Field]], _ limit: Int
  ) throws(DataError) -> [UInt8] {
    let (number, size): (Int, Int?) =
      switch type {
      case .float: (4, 4)
      case .float16: (5, nil)
      case .int64: (7, nil)
      case .double: (10, 8)
      }
    var result: [UInt8] = []
    for field in lists[number] ?? [] where result.count <= limit {
      if let size, case .bytes(let range) = field.value, range.count.isMultiple(of: size) {
        result += bytes[range]
        continue
      }
      if case .bytes(let range) = field.value {
        var reader = ProtobufReader(bytes, range)
        while !reader.isAtEnd, result.count <= limit {
          result += try varint(&reader).littleEndianBytes.prefix(type.size)
        }
      } else {
        for word in try packed(field, of: size) { result += word.littleEndianBytes.prefix(type.size) }
      }
    }
    return result
  }

  /// The data in a file beside the model: its name, and where in it.
  private mutating func externalData(
    _ location: [String: String], _ byteCount: Int, _ fault: (String) -> DataError
  ) throws(DataError) -> ([UInt8], Range<Int>) {
    guard let file = location["location"], Self.isPlain(file) else {
      let name = (location["location"] ?? "").quoted
      throw fault("its data is in \(name), which is no plain name of a file beside the model")
    }
    let content: [UInt8]
    if let known = externalFiles[file] {
      content = known
    } else {
      content = try external(file)
      externalFiles[file] = content
      availableBytes += content.count
      if availableBytes > ByteSource.byteLimit { throw fault("the model and its files have more than 4 GiB") }
    }
    guard let offset = Int(location["offset"] ?? "0"), 0...content.count ~= offset,
      let length = Int(location["length"] ?? "\(content.count - offset)"),
      0...content.count - offset ~= length
    else {
      let place = "offset \(location["offset"] ?? "0"), length \(location["length"] ?? "all")".oneLine
      throw fault("\(place) is not within the \(content.count.grouped) bytes of \(file.quoted)")
    }
    // Tensors in another file may lie one over another; many that do are an attack.
    usedBytes += byteCount
    guard usedBytes / 16 <= availableBytes else {
      throw fault("the tensors have more bytes than 16 times the model and its files")
    }
    return (content, offset..<offset + length)
  }

  /// Whether a name is that of a file in the same folder, and nothing else.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
      && !name.unicodeScalars.contains { $0 == "/" || $0 == "\\" || $0.value < 0x20 || $0.value == 0x7F }
  }

  private static func typeName(_ number: Int) -> String {
    let names = [
      2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 8: "string", 9: "bool", 12: "uint32",
      13: "uint64",
      14: "complex64", 15: "complex128", 16: "bfloat16",
    ]
    return names[number] ?? "\(number)"
  }
}
