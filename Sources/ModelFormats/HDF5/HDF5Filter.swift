import FileIO
import Formatting

/// A step that the bytes of a chunk go through when they are written.
enum HDF5Filter: Sendable {
  /// Compressed by zlib.
  case deflate
  /// The first bytes of all elements, then the second ones, and so on.
  case shuffle(elementSize: Int)
  /// One that is not supported, by its name.
  case other(String)

  private static let names = [
    3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "LZF", 32001: "Blosc", 32004: "LZ4",
    32008: "bitshuffle", 32015: "Zstandard",
  ]
  private static let largestCount = 32

  /// Reads the message of a dataset's filters, in the order of writing.
  static func pipeline(_ cursor: inout HDF5Cursor) throws(DataError) -> [HDF5Filter] {
    let start = cursor.position
    let version = try cursor.version(of: "filters", 1...2)
    let count = try cursor.byte()
    guard count <= largestCount else { throw cursor.source.fault("\(count) filters", at: start) }
    if version == 1 { try cursor.skip(6) }
    var filters: [HDF5Filter] = []
    for _ in 0..<count {
      let identifier = try cursor.number(2)
      let nameLength = version == 1 || identifier >= 256 ? try cursor.number(2) : 0
      try cursor.skip(2)
      let valueCount = try cursor.number(2)
      try cursor.skip(version == 1 ? nameLength + (-nameLength & 7) : nameLength)
      var values: [Int] = []
      for _ in 0..<valueCount { values.append(try cursor.number(4)) }
      if version == 1, valueCount % 2 == 1 { try cursor.skip(4) }
      switch identifier {
      case 1: filters.append(.deflate)
      case 2: filters.append(.shuffle(elementSize: values.first ?? 1))
      default: filters.append(.other(names[identifier] ?? "filter \(identifier)"))
      }
    }
    return filters
  }

  /// The `count` bytes that were written as `bytes[range]` by some of `filters`.
  static func undo(
    _ filters: [HDF5Filter], of chunk: HDF5Chunk, in source: HDF5Source, count: Int
  ) throws(DataError) -> ArraySlice<UInt8> {
    var bytes = source.bytes[chunk.range]
    for (index, filter) in filters.enumerated().reversed() where chunk.skippedFilters >> index & 1 == 0 {
      switch filter {
      case .deflate:
        // Deflate expands two bits to at most 258 bytes.
        guard count / 1032 <= bytes.count else {
          throw source.fault(
            "\(bytes.count.pluralized("byte")) cannot hold \(count.grouped)", at: chunk.range.lowerBound)
        }
        bytes = try inflate(bytes, count, of: chunk, in: source)
      case .shuffle(let elementSize): bytes = unshuffled(bytes, elementSize)
      case .other(let name):
        throw source.fault("data written by \(name), which is not supported", at: chunk.range.lowerBound)
      }
    }
    guard bytes.count == count else {
      throw source.fault(
        "a chunk of \(bytes.count.pluralized("byte")), but its shape needs \(count.grouped)",
        at: chunk.range.lowerBound)
    }
    return bytes
  }

  private static func inflate(
    _ bytes: ArraySlice<UInt8>, _ count: Int, of chunk: HDF5Chunk, in source: HDF5Source
  ) throws(DataError) -> ArraySlice<UInt8> {
    var stream = ByteSource(
      Array(bytes), range: 0..<bytes.count, name: source.name, format: .zlib)
    do throws(DataError) {
      let content = try stream.read(exactly: count)
      try stream.expectEnd(of: "a chunk")
      return content[...]
    } catch {
      guard case .malformed(_, _, _, let reason) = error else { throw error }
      throw source.fault("a compressed chunk: \(reason)", at: chunk.range.lowerBound)
    }
  }

  private static func unshuffled(_ bytes: ArraySlice<UInt8>, _ size: Int) -> ArraySlice<UInt8> {
    let count = size > 1 ? bytes.count / size : 0
    guard count > 1 else { return bytes }
    var result = Array(bytes)
    let start = bytes.startIndex
    for element in 0..<count {
      for byte in 0..<size { result[element * size + byte] = bytes[start + byte * count + element] }
    }
    return result[...]
  }
}
