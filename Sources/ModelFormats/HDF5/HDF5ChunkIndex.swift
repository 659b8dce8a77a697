import FileIO
import Formatting

/// What is known of a chunked array before its chunks are found.
struct HDF5ChunkIndex {
  let shape: [Int]
  let elementSize: Int
  let isFiltered: Bool

  typealias Found = Result<(chunks: [HDF5Chunk], chunkShape: [Int]), DataError>

  /// Reads the shape of a chunk and the size of an element, each number of `width` bytes.
  fileprivate func chunkShape(_ cursor: inout HDF5Cursor, _ count: Int, width: Int) throws(DataError) -> [Int]
  {
    let start = cursor.position
    guard count == shape.count + 1, !shape.isEmpty, 1...8 ~= width else {
      throw cursor.fault("chunks of \(count - 1) dimensions for an array of \(shape.count)")
    }
    var sizes: [Int] = []
    for _ in shape { sizes.append(try cursor.number(width)) }
    let size = try cursor.number(width)
    guard size == elementSize, !sizes.contains(0), sizes.byteCount(elementSize: elementSize) != nil else {
      throw cursor.source.fault("chunks of \(sizes) elements of \(size.pluralized("byte"))", at: start)
    }
    return sizes
  }

  /// The origin of chunk `index` in row-major order.
  fileprivate func origin(_ index: Int, _ chunkShape: [Int]) -> [Int] {
    var (origin, rest) = (shape, index)
    for axis in shape.indices.reversed() {
      let count = (shape[axis] - 1) / chunkShape[axis] + 1
      origin[axis] = rest % count * chunkShape[axis]
      rest /= count
    }
    return origin
  }
}

extension HDF5Parser {
  /// The chunks of a layout of version 3, in a tree.
  mutating func chunks(
    _ cursor: inout HDF5Cursor, _ index: HDF5ChunkIndex
  ) throws(DataError) -> HDF5ChunkIndex.Found {
    let count = try cursor.byte()
    let address = try cursor.address(of: "chunks")
    let chunkShape = try index.chunkShape(&cursor, count, width: 4)
    var chunks: [HDF5Chunk] = []
    try appendChunks(at: address, level: nil, rank: index.shape.count, to: &chunks)
    return .success((chunks, chunkShape))
  }

  private mutating func appendChunks(
    at address: Int, level: Int?, rank: Int, to chunks: inout [HDF5Chunk]
  ) throws(DataError) {
    var cursor = try source.cursor(at: address, "a tree of chunks")
    let node = try treeNode(&cursor, kind: 1, level: level, keySize: 8 + 8 * (rank + 1))
    for _ in 0..<node.count {
      let (size, skipped) = (try cursor.number(4), try cursor.number(4))
      var origin: [Int] = []
      for _ in 0..<rank { origin.append(try cursor.number(8)) }
      try cursor.skip(8)
      let child = try cursor.address(of: "a chunk")
      if node.level > 0 {
        try appendChunks(at: child, level: node.level - 1, rank: rank, to: &chunks)
      } else {
        let range = try claim(child, size, "a chunk")
        chunks.append(HDF5Chunk(range: range, origin: origin, skippedFilters: skipped))
      }
    }
  }

  /// The chunks of a layout of version 4: a single one, all in one place, or an array of their addresses.
  mutating func newChunks(
    _ cursor: inout HDF5Cursor, _ index: HDF5ChunkIndex
  ) throws(DataError) -> HDF5ChunkIndex.Found {
    let start = cursor.position
    let flags = try cursor.byte()
    let count = try cursor.byte()
    let width = try cursor.byte()
    let chunkShape = try index.chunkShape(&cursor, count, width: width)
    let size = chunkShape.byteCount(elementSize: index.elementSize) ?? 0
    let chunkCount = zip(index.shape, chunkShape).map { ($0 - 1) / $1 + 1 }.byteCount(elementSize: 1) ?? 0
    switch try cursor.byte() {
    case 1:
      var (stored, skipped) = (size, 0)
      if flags & 2 != 0 { (stored, skipped) = (try cursor.length(), try cursor.number(4)) }
      let range = try claim(try cursor.address(of: "a chunk"), stored, "a chunk")
      let origin = [Int](repeating: 0, count: index.shape.count)
      return .success(([HDF5Chunk(range: range, origin: origin, skippedFilters: skipped)], chunkShape))
    case 2:
      let address = try cursor.address(of: "chunks")
      guard let total = chunkShape.byteCount(elementSize: index.elementSize * chunkCount) else {
        throw source.fault("the chunks are more than the limit of 4 GiB", at: start)
      }
      let range = try claim(address, total, "the chunks")
      let chunks = (0..<chunkCount).map { number in
        let first = range.lowerBound + number * size
        return HDF5Chunk(
          range: first..<first + size, origin: index.origin(number, chunkShape), skippedFilters: 0)
      }
      return .success((chunks, chunkShape))
    case 3:
      try cursor.skip(1)
      let address = try cursor.address(of: "chunks")
      return try fixedArray(at: address, index, chunkShape, size: size, count: chunkCount)
    case let kind:
      return .failure(source.fault("chunks in an index of kind \(kind) are not supported", at: start))
    }
  }

  /// The chunks whose addresses are in an array.
  private mutating func fixedArray(
    at address: Int, _ index: HDF5ChunkIndex, _ chunkShape: [Int], size: Int, count: Int
  ) throws(DataError) -> HDF5ChunkIndex.Found {
    var cursor = try source.cursor(at: address, "an array of chunks")
    try cursor.signature("FAHD", "an array of chunks")
    _ = try cursor.version(of: "an array of chunks", 0...0)
    let isFiltered = try cursor.byte() == 1
    let entrySize = try cursor.byte()
    let pageBits = try cursor.byte()
    let start = cursor.position
    let entries = try cursor.length()
    let block = try cursor.address(of: "an array of chunks")
    _ = try claim(address, cursor.position - address + 4, "an array of chunks")
    if pageBits < 63, entries > 1 << pageBits {
      return .failure(
        source.fault("an array of \(entries.grouped) chunks in pages is not supported", at: start))
    }
    let sizeWidth = entrySize - source.addressSize - 4
    guard entries == count, isFiltered == index.isFiltered,
      isFiltered ? 1...8 ~= sizeWidth : entrySize == source.addressSize
    else { throw source.fault("an array of \(entries.grouped) chunks does not fit its dataset", at: start) }
    cursor = try source.cursor(at: block, "an array of chunks")
    try cursor.signature("FADB", "an array of chunks")
    try cursor.skip(2 + source.addressSize)
    // Address and length are within the file, as the array is: it is no shorter than the entries are many.
    let entriesRange = try cursor.range(try Self.product(entries, entrySize, in: cursor))
    _ = try claim(block, entriesRange.upperBound - block, "an array of chunks")
    cursor = HDF5Cursor(source, entriesRange)
    var chunks: [HDF5Chunk] = []
    for number in 0..<entries {
      let first = try cursor.address(of: "a chunk")
      let stored = isFiltered ? try cursor.number(sizeWidth) : size
      let skipped = isFiltered ? try cursor.number(4) : 0
      chunks.append(
        HDF5Chunk(
          range: try claim(first, stored, "a chunk"), origin: index.origin(number, chunkShape),
          skippedFilters: skipped))
    }
    return .success((chunks, chunkShape))
  }

  private static func product(_ a: Int, _ b: Int, in cursor: HDF5Cursor) throws(DataError) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    if overflow { throw cursor.fault("the size is too large") }
    return product
  }
}
