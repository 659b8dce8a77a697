import FileIO
import Formatting

/// The header of an IDX file: magic number and sizes, validated before anything is allocated.
///
/// `00 00 TT RR` (TT the element type, RR the number of dimensions), then RR big-endian 32-bit sizes.
struct IDXHeader: Equatable {
  private static let typeNames: [UInt8: String] = [
    0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64",
  ]

  /// The sizes, the number of items first.
  let dimensions: [Int]
  /// The size of an element in bytes: 1 for uint8, 4 for int32 (big-endian).
  let elementSize: Int
  /// The number of bytes that follow.
  let byteCount: Int

  /// Parses the header; throws `malformed` if the element type is neither uint8 nor, where `allowsInt32`, int32, the
  /// rank not in `ranks`, a size 0, the data larger than the limit, or not the length of the file where that is known.
  init(
    parsing source: inout ByteSource, of items: String, ranks: ClosedRange<Int>, allowsInt32: Bool = false
  ) throws(DataError) {
    let magic = try Self.magic(from: &source)
    guard magic[2] == 0x08 || allowsInt32 && magic[2] == 0x0C else {
      let name = Self.typeNames[magic[2]].map { " (\($0))" } ?? ", which IDX does not define"
      let supported = allowsInt32 ? "only 0x08 (uint8) and 0x0C (int32) are" : "only 0x08 (uint8) is"
      throw source.malformed(at: 2, "type 0x\(magic[2].hexadecimal)\(name); \(supported) supported")
    }
    elementSize = magic[2] == 0x08 ? 1 : 4
    let rank = Int(magic[3])
    guard ranks.contains(rank) else {
      let expected = ranks.map(String.init).joined(separator: " or ")
      throw source.malformed(at: 3, "\(rank) dimensions, but \(items) have \(expected)")
    }
    let sizes = try source.read(exactly: 4 * rank)
    dimensions = (0..<rank).map { axis in
      sizes[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    byteCount = try Self.byteCount(dimensions, elementSize, of: items, in: source)
    try checkLength(of: source, items: items)
  }

  private static func magic(from source: inout ByteSource) throws(DataError) -> [UInt8] {
    let start = try source.read(upTo: 4)
    guard start.count == 4, start[0] == 0, start[1] == 0 else {
      let found = try FileSignature.describe(start + source.read(upTo: FileSignature.length))
      throw source.malformed(at: 0, "not IDX: \(found)")
    }
    return start
  }

  private static func byteCount(
    _ dimensions: [Int], _ elementSize: Int, of items: String, in source: borrowing ByteSource
  ) throws(DataError) -> Int {
    if dimensions[0] == 0 { throw source.malformed(at: 4, "no \(items)") }
    if let axis = dimensions.firstIndex(of: 0) {
      throw source.malformed(at: 4 + 4 * axis, "size \(axis + 1) of \(dimensions.count) is 0")
    }
    let text = dimensions.map(String.init).joined(separator: "x")
    if dimensions[0] > Int32.max {
      throw source.malformed(at: 4, "\(text): more than \(Int(Int32.max).grouped) \(items)")
    }
    guard let count = dimensions.byteCount(elementSize: elementSize) else {
      let unit = elementSize == 1 ? "bytes" : "numbers of \(elementSize) bytes"
      throw source.malformed(at: 4, "\(text) \(unit) are more than the limit of 4 GiB")
    }
    return count
  }

  private func checkLength(of source: borrowing ByteSource, items: String) throws(DataError) {
    guard let remaining = source.remaining, remaining != byteCount else { return }
    let text = dimensions.map(String.init).joined(separator: "x")
    if remaining < byteCount {
      throw source.malformed(
        at: source.offset + remaining,
        "the file ends here, \((byteCount - remaining).pluralized("byte")) too early for \(text) \(items)")
    }
    throw source.malformed(
      at: source.offset + byteCount,
      "\((remaining - byteCount).pluralized("byte")) after the end of \(text) \(items)")
  }
}
