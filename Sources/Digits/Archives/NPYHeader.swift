/// The start of a NumPy array (`.npy`, versions 1 to 3): element type and sizes, checked before anything is allocated.
///
/// `93 NUMPY`, two bytes of version, a little-endian length, and a dictionary as Python writes it:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (6, 1, 5, 5), }`.
struct NPYHeader: Equatable {
  /// The types of elements that are known here, by NumPy's name.
  enum ElementType: String, CaseIterable {
    case uint8 = "|u1"
    case int8 = "|i1"
    case uint16 = "<u2"
    case int16 = "<i2"
    case uint32 = "<u4"
    case int32 = "<i4"
    case uint64 = "<u8"
    case int64 = "<i8"
    case float16 = "<f2"
    case float32 = "<f4"
    case float64 = "<f8"

    /// The size of an element in bytes.
    var size: Int { Int(String(rawValue.dropFirst(2))) ?? 0 }
    var isInteger: Bool { !rawValue.contains("f") }
    var isSigned: Bool { rawValue.contains("i") }
  }

  let type: ElementType
  /// Row-major sizes; empty for a single number.
  let shape: [Int]
  /// The size of the data that follows.
  let byteCount: Int

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let (largestHeader, largestRank) = (1 << 16, 8)

  /// Reads the header from `source`; throws if it is bad, or if the array is one that is not read.
  init(parsing source: inout ByteSource) throws(DataError) {
    let start = try source.read(upTo: 8)
    guard start.count == 8, start.starts(with: Self.magic) else {
      throw source.malformed(at: 0, "not a NumPy array: \(FileSignature.describe(start))")
    }
    guard 1...3 ~= start[6] else {
      throw source.malformed(at: 6, "version \(start[6]) of the format; 1 to 3 are read")
    }
    let length = Int(
      try source.read(exactly: start[6] == 1 ? 2 : 4).littleEndian(at: 0, start[6] == 1 ? 2 : 4))
    guard length <= Self.largestHeader else {
      throw source.malformed(
        at: 8, "a header of \(length.grouped) bytes; the limit is \(Self.largestHeader.grouped)")
    }
    let offset = source.offset
    var scanner = PythonScanner(try source.read(exactly: length))
    do throws(PythonScanner.Fault) {
      let dictionary = try scanner.dictionary()
      type = try Self.type(dictionary)
      shape = try Self.shape(dictionary)
      byteCount = try Self.byteCount(shape, type)
    } catch {
      throw source.malformed(at: offset + error.byte, error.message)
    }
  }

  private static func type(
    _ dictionary: [String: (value: PythonScanner.Value, byte: Int)]
  ) throws(PythonScanner.Fault) -> ElementType {
    guard let (value, byte) = dictionary["descr"] else { throw .init("no 'descr'", at: 0) }
    guard case .text(let name) = value else { throw .init("'descr' must be the name of a type", at: byte) }
    if let type = ElementType(rawValue: name) { return type }
    if name.contains("O") { throw .init("objects, which may hold programs, are not read", at: byte) }
    if name.hasPrefix(">") { throw .init("'\(name)' is big-endian, which is not read", at: byte) }
    let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    throw .init("elements of type '\(name)' are not read, only \(known)", at: byte)
  }

  private static func shape(
    _ dictionary: [String: (value: PythonScanner.Value, byte: Int)]
  ) throws(PythonScanner.Fault) -> [Int] {
    guard let (value, byte) = dictionary["shape"] else { throw .init("no 'shape'", at: 0) }
    guard case .sizes(let shape) = value, shape.count <= largestRank else {
      throw .init("'shape' must be a tuple of at most \(largestRank) sizes", at: byte)
    }
    guard let (order, orderByte) = dictionary["fortran_order"], case .flag(let isFortran) = order else {
      throw .init("no 'fortran_order'", at: 0)
    }
    if isFortran, shape.count(where: { $0 > 1 }) > 1 {
      throw .init("the array is column-major; save numpy.ascontiguousarray(x) instead", at: orderByte)
    }
    return shape
  }

  private static func byteCount(_ shape: [Int], _ type: ElementType) throws(PythonScanner.Fault) -> Int {
    // Sorted, so that an array with a size of 0 is empty whatever the others are.
    var count = type.size
    for size in shape.sorted() {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || product > Dataset.byteLimit {
        throw .init("\(shape) elements of \(type.rawValue) are more than the limit of 4 GiB", at: 0)
      }
      count = product
    }
    return count
  }

  /// The header of a row-major array, padded so that the data is aligned to 64 bytes.
  static func encode(_ type: ElementType, shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(type.rawValue)', 'fortran_order': False, 'shape': (\(sizes)), }"
    let padding = 63 - (magic.count + 4 + text.utf8.count) % 64
    let dictionary = text + String(repeating: " ", count: padding) + "\n"
    return magic + [1, 0] + UInt16(dictionary.utf8.count).littleEndianBytes + dictionary.utf8
  }
}

/// Reads a dictionary of strings, flags and tuples of whole numbers as Python writes it.
struct PythonScanner {
  enum Value: Equatable {
    case text(String)
    case flag(Bool)
    case sizes([Int])
  }

  /// What is wrong at a byte of the text.
  struct Fault: Error {
    let message: String
    let byte: Int

    init(_ message: String, at byte: Int) { (self.message, self.byte) = (message, byte) }
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The whole text: one dictionary, each key once, and the byte its value begins at.
  mutating func dictionary() throws(Fault) -> [String: (value: Value, byte: Int)] {
    var members: [String: (value: Value, byte: Int)] = [:]
    try expect("{")
    while !take("}") {
      skipSpaces()
      let start = position
      let key = try text()
      try expect(":")
      skipSpaces()
      let place = position
      let value = try value()
      guard members.updateValue((value, place), forKey: key) == nil else {
        throw Fault("'\(key)' is there twice", at: start)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == bytes.count else { throw Fault("more after the header's dictionary", at: position) }
    return members
  }

  private mutating func value() throws(Fault) -> Value {
    switch position < bytes.count ? bytes[position] : 0 {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "("): return .sizes(try sizes())
    case UInt8(ascii: "["): throw Fault("arrays of records are not read", at: position)
    default:
      for (word, flag) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8)
      {
        position += word.utf8.count
        return .flag(flag)
      }
      throw Fault("a value that cannot be read", at: position)
    }
  }

  private mutating func text() throws(Fault) -> String {
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]),
      let end = bytes[(position + 1)...].firstIndex(of: bytes[position])
    else { throw Fault("a text in quotation marks is missing", at: position) }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self).printable
  }

  private mutating func sizes() throws(Fault) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !take(")") {
      skipSpaces()
      let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
        throw Fault("a size that is not a whole number", at: position)
      }
      sizes.append(size)
      position = digits.endIndex
      if !take(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func expect(_ character: Character) throws(Fault) {
    if !take(character) { throw Fault("\"\(character)\" is missing", at: position) }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpaces()
    guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
  }
}
