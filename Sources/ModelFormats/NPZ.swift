import FileIO
import Formatting

/// NumPy's archive of named arrays (`numpy.savez`, `numpy.savez_compressed`).
public struct NPZ: Sendable {
  /// An array as it lies in the archive.
  public struct Array: Sendable, Equatable {
    /// Its name, such as `conv1.weight`.
    public let name: String
    /// NumPy's name of the element type: `<f4`.
    public let type: String
    /// Row-major sizes.
    public let shape: [Int]
    /// Its little-endian bytes.
    public let bytes: [UInt8]
  }

  /// The names of the arrays, in the archive's order.
  public var names: [String] { archive.entries.map { Self.arrayName($0.name) } }
  /// What errors call the archive: its path.
  public var name: String { archive.name }
  private let archive: ZipArchive

  /// Opens the archive at `path`; arrays are read when they are asked for.
  ///
  /// Throws `unreadable` if there is no such file, `malformed` if it is no zip archive.
  public init(contentsOf path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    try self.init(parsing: source.readAll(), name: path)
  }

  /// Opens an archive in memory, which errors call `name`.
  public init(parsing bytes: [UInt8], name: String) throws(DataError) {
    archive = try ZipArchive(parsing: bytes, name: name)
  }

  /// All arrays; throws `malformed` for one that is bad or of a type that is not read.
  public func arrays() throws(DataError) -> [Array] {
    var arrays: [Array] = []
    var total = 0
    for name in names {
      var reader = try reader(of: name)
      total += reader.header.byteCount
      guard total <= ByteSource.byteLimit else {
        throw reader.malformed("with the arrays before it more than the limit of 4 GiB")
      }
      arrays.append(
        Array(
          name: name, type: reader.header.type.rawValue, shape: reader.header.shape,
          bytes: try reader.readAll()))
    }
    return arrays
  }

  /// An archive of arrays of `Float`, uncompressed: the same bytes for the same arrays.
  ///
  /// Each array has as many values as its shape says.
  public static func encode(_ arrays: [(name: String, shape: [Int], values: [Float])]) -> [UInt8] {
    ZipArchive.encode(
      arrays.map { array in
        let data = array.values.map(\.bitPattern.littleEndian).withUnsafeBytes { [UInt8]($0) }
        return ("\(array.name).npy", NPYHeader.encode(.float32, shape: array.shape) + data)
      })
  }

  /// An archive of files that need not be arrays.
  package static func encode(files: [(name: String, content: [UInt8])]) -> [UInt8] {
    ZipArchive.encode(files)
  }

  private static func arrayName(_ entry: String) -> String {
    entry.hasSuffix(".npy") ? String(entry.dropLast(4)) : entry
  }

  /// An array whose header has been read and checked, and whose data follows.
  package struct Reader: ~Copyable {
    package let header: NPYHeader
    private var source: ByteSource

    init(_ source: consuming ByteSource) throws(DataError) {
      let header = try NPYHeader(parsing: &source)
      if let remaining = source.remaining, remaining != header.byteCount {
        throw source.malformed(
          at: source.offset,
          "\(remaining.pluralized("byte")) of data, but its shape needs \(header.byteCount.grouped)")
      }
      self.header = header
      self.source = source
    }

    /// Appends the data to `bytes`, which will hold `total` bytes when it is full, and checks the array's end.
    package mutating func append(to bytes: inout [UInt8], expecting total: Int) throws(DataError) {
      try source.append(header.byteCount, to: &bytes, expecting: total)
      try source.expectEnd(of: "the array")
    }

    /// The data in row-major order.
    package mutating func readAll() throws(DataError) -> [UInt8] {
      var bytes: [UInt8] = []
      try append(to: &bytes, expecting: header.byteCount)
      return header.isColumnMajor ? rowMajor(bytes) : bytes
    }

    private func rowMajor(_ bytes: [UInt8]) -> [UInt8] {
      let (shape, size) = (header.shape, header.type.size)
      var steps = [size]
      for length in shape.dropLast() { steps.append((steps.last ?? 0) * length) }
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var (index, offset) = ([Int](repeating: 0, count: shape.count), 0)
      while result.count < bytes.count {
        result += bytes[offset..<offset + size]
        for axis in shape.indices.reversed() {
          index[axis] += 1
          offset += steps[axis]
          if index[axis] < shape[axis] { break }
          offset -= steps[axis] * shape[axis]
          index[axis] = 0
        }
      }
      return result
    }

    /// An error about the header.
    package func malformed(_ reason: String) -> DataError { source.malformed(at: 0, reason) }
  }

  /// The array called `name`; throws `malformed` if there is none or it is bad.
  package func reader(of name: String) throws(DataError) -> Reader {
    guard let entry = archive.entries.first(where: { Self.arrayName($0.name) == name }) else {
      let names = names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", ")
      throw .malformed(path: self.name, byte: 0, reason: "no array \(name); the archive has \(names)")
    }
    return try Reader(archive.source(of: entry))
  }
}
