import FileIO
import Formatting

/// The header of a NumPy array (`.npy`, versions 1 to 3): element type and shape, validated before anything is allocated.
///
/// `93 NUMPY`, two bytes of version, a little-endian length, and a dictionary as a Python literal:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (6, 1, 5, 5), }`.
package struct NPYHeader: Equatable {
  /// The supported element types, by NumPy's name.
  package enum ElementType: String, CaseIterable {
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
    package var size: Int { Int(String(rawValue.dropFirst(2))) ?? 0 }
    package var isInteger: Bool { !rawValue.contains("f") }
    package var isSigned: Bool { rawValue.contains("i") }
  }

  package let type: ElementType
  /// The shape; empty for a scalar.
  package let shape: [Int]
  /// Whether the data is column-major (Fortran order): the first index varies fastest.
  package let isColumnMajor: Bool
  /// The size of the data in bytes.
  package let byteCount: Int

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let (largestHeader, largestRank) = (1 << 16, 8)

  /// Parses the header; throws `malformed` if it is invalid, or the array not supported.
  package init(parsing source: inout ByteSource) throws(DataError) {
    let start = try source.read(upTo: 8)
    guard start.count == 8, start.starts(with: Self.magic) else {
      throw source.malformed(at: 0, "not a NumPy array: \(FileSignature.describe(start))")
    }
    guard 1...3 ~= start[6] else {
      throw source.malformed(at: 6, "version \(start[6]) of the format; 1 to 3 are supported")
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
      (shape, isColumnMajor) = try Self.shape(dictionary)
      byteCount = try Self.byteCount(shape, type)
    } catch {
      throw source.malformed(at: offset + error.byte, error.message)
    }
  }

  private static func type(_ dictionary: PythonScanner.Dictionary) throws(PythonScanner.Fault) -> ElementType
  {
    guard let (value, byte) = dictionary["descr"] else { throw .init("no 'descr'", at: 0) }
    guard case .string(let name) = value else {
      throw .init("'descr' must be the name of an element type", at: byte)
    }
    if let type = ElementType(rawValue: name) { return type }
    if name.contains("O") {
      throw .init("object arrays, which can execute code, are not supported", at: byte)
    }
    if name.hasPrefix(">") { throw .init("'\(name)' is big-endian, which is not supported", at: byte) }
    let supported = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    throw .init("elements of type '\(name)' are not supported, only \(supported)", at: byte)
  }

  private static func shape(
    _ dictionary: PythonScanner.Dictionary
  ) throws(PythonScanner.Fault) -> (shape: [Int], isColumnMajor: Bool) {
    guard let (value, byte) = dictionary["shape"] else { throw .init("no 'shape'", at: 0) }
    guard case .tuple(let shape) = value, shape.count <= largestRank else {
      throw .init("'shape' must be a tuple of at most \(largestRank) sizes", at: byte)
    }
    guard case .bool(let isFortran) = dictionary["fortran_order"]?.value else {
      throw .init("no 'fortran_order'", at: 0)
    }
    return (shape, isFortran && shape.count { $0 > 1 } > 1)
  }

  private static func byteCount(_ shape: [Int], _ type: ElementType) throws(PythonScanner.Fault) -> Int {
    guard let count = shape.byteCount(elementSize: type.size) else {
      throw .init("\(shape) elements of \(type.rawValue) are more than the limit of 4 GiB", at: 0)
    }
    return count
  }

  /// The header of a row-major array, padded so that the data is aligned to 64 bytes.
  package static func encode(_ type: ElementType, shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(type.rawValue)', 'fortran_order': False, 'shape': (\(sizes)), }"
    let padding = 63 - (magic.count + 4 + text.utf8.count) % 64
    let dictionary = text + String(repeating: " ", count: padding) + "\n"
    return magic + [1, 0] + UInt16(dictionary.utf8.count).littleEndianBytes + dictionary.utf8
  }
}
