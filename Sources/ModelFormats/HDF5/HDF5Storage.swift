import FileIO
import Formatting

/// Where the numbers of a dataset are, found and checked.
enum HDF5Storage: Sendable {
  /// All of them in one place.
  case contiguous(Range<Int>, HDF5Number)
  /// In parts of the same shape, as many as cover the array.
  case chunked([HDF5Chunk], shape: [Int], HDF5Number, [HDF5Filter])
  /// In a way that is not supported.
  case unsupported(DataError)
}

/// A part of an array.
struct HDF5Chunk: Sendable {
  /// Its bytes in the file.
  let range: Range<Int>
  /// The indices of its first element.
  let origin: [Int]
  /// A bit for each filter that it has not gone through.
  let skippedFilters: Int
}

extension HDF5Parser {
  /// Reads a layout message.
  mutating func storage(
    _ cursor: inout HDF5Cursor, shape: [Int], _ number: HDF5Number, _ filters: [HDF5Filter]
  ) throws(DataError) -> HDF5Storage {
    let start = cursor.position
    guard let byteCount = shape.byteCount(elementSize: number.size) else {
      throw source.fault("an array of \(shape) numbers is more than the limit of 4 GiB", at: start)
    }
    let version = try cursor.byte()
    guard 3...4 ~= version else {
      return .unsupported(source.fault("version \(version) of a layout is not supported", at: start))
    }
    let kind = try cursor.byte()
    if byteCount == 0 { return .contiguous(start..<start, number) }
    func checked(_ count: Int) throws(DataError) {
      if count == byteCount { return }
      throw source.fault(
        "\(count.pluralized("byte")) of data, but the shape \(shape) needs \(byteCount.grouped)", at: start)
    }
    switch kind {
    case 0:
      let range = try cursor.range(cursor.number(2))
      try checked(range.count)
      return .contiguous(range, number)
    case 1:
      guard let address = try cursor.address() else {
        throw source.fault("the data was never written", at: cursor.position)
      }
      let count = try cursor.length()
      try checked(count)
      return .contiguous(try claim(address, count, "the data"), number)
    case 2:
      let index = HDF5ChunkIndex(shape: shape, elementSize: number.size, isFiltered: !filters.isEmpty)
      let chunks = try version == 3 ? chunks(&cursor, index) : newChunks(&cursor, index)
      switch chunks {
      case .success((let chunks, let chunkShape)):
        try check(chunks, chunkShape: chunkShape, shape: shape, at: start)
        return .chunked(chunks, shape: chunkShape, number, filters)
      case .failure(let error): return .unsupported(error)
      }
    default: return .unsupported(source.fault("a layout of class \(kind) is not supported", at: start))
    }
  }

  /// Checks that the chunks are those that cover the array, each once.
  private func check(
    _ chunks: [HDF5Chunk], chunkShape: [Int], shape: [Int], at byte: Int
  ) throws(DataError) {
    let counts = zip(shape, chunkShape).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }
    let needed = counts.byteCount(elementSize: 1)
    guard needed == chunks.count else {
      throw source.fault(
        "\(chunks.count.pluralized("chunk")) of \(chunkShape) do not fill \(shape): parts were never written",
        at: byte)
    }
    var places: Set<Int> = []
    for chunk in chunks {
      let isInside = zip(chunk.origin, zip(shape, chunkShape)).allSatisfy { $0 < $1.0 && $0 % $1.1 == 0 }
      let place =
        isInside ? zip(zip(chunk.origin, chunkShape), counts).reduce(0) { $0 * $1.1 + $1.0.0 / $1.0.1 } : -1
      guard isInside, places.insert(place).inserted else {
        throw source.fault(
          "a chunk at \(chunk.origin) of \(shape), where none belongs", at: chunk.range.lowerBound)
      }
    }
  }
}
