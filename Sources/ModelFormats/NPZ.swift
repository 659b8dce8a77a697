import FileIO
import Formatting

/// NumPy's archive of named arrays (`numpy.savez`, `numpy.savez_compressed`).
public struct NPZ: Sendable {
  /// An array of the archive.
  public struct Array: Sendable, Equatable {
    /// The name, such as `conv1.weight`.
    public let name: String
    /// The element type by NumPy's name: `<f4`.
    public let type: String
    /// The shape; the data is row-major.
    public let shape: [Int]
    /// The little-endian bytes of the data.
    public let bytes: [UInt8]
  }

  /// The names of the arrays, in the order of the archive.
  public var names: [String] { archive.entries.map { Self.arrayName($0.name) } }
  /// The name in error messages: the path.
  public var name: String { archive.name }
  private let archive: ZipArchive

  /// Opens the archive at `path`; arrays are read on demand.
  ///
  /// Throws `unreadable` if the file cannot be read, `malformed` if it is no zip archive.
  public init(contentsOf path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    try self.init(parsing: source.readAll(), name: path)
  }

  /// Opens an archive in memory, called `name` in errors.
  public init(parsing bytes: [UInt8], name: String) throws(DataError) {
    archive = try ZipArchive(parsing: bytes, name: name)
  }

  /// All arrays; throws `malformed` if one is invalid or of an unsupported type.
  public func arrays() throws(DataError) -> [Array] {
    var arrays: [Array] = []
    var total = 0
    for name in names {
      var reader = try reader(of: name)
      total += reader.header.byteCount
      guard total <= ByteSource.byteLimit else {
        throw reader.malformed("the arrays exceed the limit of 4 GiB in total")
      }
      arrays.append(
        Array(
          name: name, type: reader.header.type.rawValue, shape: reader.header.shape,
          bytes: try reader.readAll()))
    }
    return arrays
  }

  /// An uncompressed archive of arrays of `Float`: equal arrays give equal bytes.
  ///
  /// Each array has as many values as its shape needs.
  public static func encode(_ arrays: [(name: String, shape: [Int], values: [Float])]) -> [UInt8] {
    encode(
      arrays: arrays.map { array in
        let bytes = array.values.map(\.bitPattern.littleEndian).withUnsafeBytes { [UInt8]($0) }
        return (array.name, .float32, array.shape, bytes)
      })
  }

  /// An uncompressed archive of arrays of any type, with as many little-endian bytes as their shapes need.
  package static func encode(
    arrays: [(name: String, type: NPYHeader.ElementType, shape: [Int], bytes: [UInt8])]
  ) -> [UInt8] {
    ZipArchive.encode(
      arrays.map { ("\($0.name).npy", NPYHeader.encode($0.type, shape: $0.shape) + $0.bytes) })
  }

  /// An archive of any files.
  package static func encode(files: [(name: String, content: [UInt8])]) -> [UInt8] {
    ZipArchive.encode(files)
  }

  private static func arrayName(_ entry: String) -> String {
    entry.hasSuffix(".npy") ? String(entry.dropLast(4)) : entry
  }

  /// An array whose header has been parsed; the data is next.
  package struct Reader: ~Copyable {
    package let header: NPYHeader
    private let dataEnd: Int
    private var source: ByteSource

    init(_ source: consuming ByteSource) throws(DataError) {
      let header = try NPYHeader(parsing: &source)
      if let remaining = source.remaining, remaining != header.byteCount {
        throw source.malformed(
          at: source.offset,
          "\(remaining.pluralized("byte")) of data, but its shape needs \(header.byteCount.grouped)")
      }
      self.header = header
      dataEnd = source.offset + header.byteCount
      self.source = source
    }

    /// Appends the data to `bytes`, which will have `total` bytes in the end, and verifies the end of the array.
    package mutating func append(to bytes: inout [UInt8], expecting total: Int) throws(DataError) {
      try source.append(header.byteCount, to: &bytes, expecting: total)
      try source.expectEnd(of: "the array")
    }

    /// The next `count` bytes of the data in its own order, fewer at its end, which is verified.
    package mutating func read(upTo count: Int) throws(DataError) -> [UInt8] {
      let left = dataEnd - source.offset
      let bytes = try source.read(exactly: min(count, left))
      if bytes.count == left { try source.expectEnd(of: "the array") }
      return bytes
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

  /// The array called `name`; throws `malformed` if there is none or it is invalid.
  package func reader(of name: String) throws(DataError) -> Reader {
    guard let entry = archive.entries.first(where: { Self.arrayName($0.name) == name }) else {
      let names = names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", ")
      throw .malformed(path: self.name, byte: 0, reason: "no array \(name); the archive has \(names)")
    }
    return try Reader(archive.source(of: entry))
  }
}
