import FileIO
import Formatting

/// A MATLAB level 5 MAT-file, little-endian, plain or compressed: numeric arrays by name.
///
/// A header of 128 bytes, then elements: a tag (type, size) and content. An array is an element of elements
/// (flags, sizes, name, values), or the zlib compression of one. Other elements are skipped.
struct MATFile {
  static let (matrix, compressed) = (14, 15)
  private static let headerLength = 128
  let name: String
  private let bytes: [UInt8]

  /// Parses the header; throws `malformed` if it is not that of a little-endian level 5 MAT-file.
  init(parsing bytes: [UInt8], name: String) throws(DataError) {
    (self.bytes, self.name) = (bytes, name)
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: reason)
    }
    guard FileSignature(bytes) == .matlab else {
      throw fault("not a MATLAB file: \(FileSignature.describe(bytes))", at: 0)
    }
    if bytes.starts(with: "MATLAB 7.3".utf8) {
      throw fault("MATLAB 7.3 files are HDF5, which is not supported; save it with -v7", at: 0)
    }
    guard bytes.count >= Self.headerLength else { throw fault("the header is cut off", at: bytes.count) }
    switch Array(bytes[126..<128]) {
    case Array("IM".utf8): break
    case Array("MI".utf8): throw fault("the file is big-endian, which is not supported", at: 126)
    default: throw fault("no endian indicator IM (little-endian)", at: 126)
    }
    guard bytes.littleEndian(at: 124, 2) == 0x100 else {
      throw fault("version \(bytes.littleEndian(at: 124, 2)) of the format; only 256 is supported", at: 124)
    }
  }

  /// Whether there is an array called `name`; throws `malformed` if the file is invalid before it.
  func has(_ name: String) throws(DataError) -> Bool {
    try search(name).found != nil
  }

  /// The numeric array called `requested`, parsed up to its values; throws `malformed` if there is none or the file is invalid.
  func reader(of requested: String) throws(DataError) -> Reader {
    let (found, names) = try search(requested)
    if let found {
      var source = found.source(of: self)
      let header = try ArrayHeader(parsing: &source)
      return try Reader(header, source)
    }
    let list = names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", ")
    throw .malformed(path: name, byte: bytes.count, reason: "no array \(requested); the file has \(list)")
  }

  /// An array in the file.
  private struct Element {
    let offset: Int
    let start: Int
    let end: Int
    let isCompressed: Bool

    func source(of file: MATFile) -> ByteSource {
      ByteSource(
        file.bytes, range: start..<end, name: "\(file.name)[byte \(offset)]",
        format: isCompressed ? .zlib : nil)
    }
  }

  /// The array called `requested`, or the names of all arrays.
  private func search(_ requested: String) throws(DataError) -> (found: Element?, names: [String]) {
    var names: [String] = []
    var offset = Self.headerLength
    while offset < bytes.count {
      func fault(_ reason: String) -> DataError { .malformed(path: name, byte: offset, reason: reason) }
      guard offset + 8 <= bytes.count else { throw fault("the tag of an element is cut off") }
      let type = Int(bytes.littleEndian(at: offset, 4))
      let size = Int(bytes.littleEndian(at: offset + 4, 4))
      guard size <= bytes.count - offset - 8 else {
        throw fault("an element of \(size.grouped) bytes, but \((bytes.count - offset - 8).grouped) are left")
      }
      let isCompressed = type == Self.compressed
      if isCompressed || type == Self.matrix {
        let element = Element(
          offset: offset, start: isCompressed ? offset + 8 : offset, end: offset + 8 + size,
          isCompressed: isCompressed)
        var source = element.source(of: self)
        let header = try ArrayHeader(parsing: &source)
        if header.name == requested { return (element, names) }
        names.append(header.name)
      }
      // Only uncompressed elements are padded.
      offset += 8 + (isCompressed ? size : (size + 7) / 8 * 8)
    }
    return (nil, names)
  }
}
