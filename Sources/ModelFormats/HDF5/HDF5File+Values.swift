import FileIO

extension HDF5File {
  /// The numbers of a dataset in row-major order, rounded to `Float`; throws `malformed` for data that is damaged or
  /// stored in a way that is not supported.
  package func floats(of dataset: Dataset) throws(DataError) -> [Float] {
    switch dataset.storage {
    case .unsupported(let error): throw error
    case .contiguous(let range, let number): return number.floats(source.bytes[range])
    case .chunked(let chunks, let chunkShape, let number, let filters):
      let count = chunkShape.byteCount(elementSize: number.size) ?? 0
      var values: [Float] = []
      for chunk in chunks {
        let part = number.floats(try HDF5Filter.undo(filters, of: chunk, in: source, count: count))
        // Only now is it certain that the file holds as many values.
        if values.isEmpty { values = [Float](repeating: 0, count: dataset.shape.reduce(1, *)) }
        Self.copy(part, chunkShape, at: chunk.origin, to: &values, dataset.shape)
      }
      return values
    }
  }

  /// Copies the rows of a chunk, without what is beyond the array's edges.
  private static func copy(
    _ part: [Float], _ chunkShape: [Int], at origin: [Int], to values: inout [Float], _ shape: [Int]
  ) {
    let last = shape.count - 1
    let width = min(chunkShape[last], shape[last] - origin[last])
    var index = [Int](repeating: 0, count: last)
    var first = 0
    while first < part.count {
      if zip(index, zip(origin, shape)).allSatisfy({ $0 + $1.0 < $1.1 }) {
        let row = zip(zip(index, origin), shape).reduce(0) { $0 * $1.1 + $1.0.0 + $1.0.1 }
        let target = row * shape[last] + origin[last]
        values.replaceSubrange(target..<target + width, with: part[first..<first + width])
      }
      first += chunkShape[last]
      for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < chunkShape[axis] { break }
        index[axis] = 0
      }
    }
  }
}
