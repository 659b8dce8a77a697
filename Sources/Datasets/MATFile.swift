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

  /// The numeric array called `requested`, parsed up to its values; throws `malformed` if there is none or the file is invalid.
  func reader(of requested: String) throws(DataError) -> Reader {
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
        let start = isCompressed ? offset + 8 : offset
        var source = ByteSource(
          bytes, range: start..<offset + 8 + size, name: "\(name)[byte \(offset)]",
          format: isCompressed ? .zlib : nil)
        let header = try ArrayHeader(parsing: &source)
        if header.name == requested { return try Reader(header, source) }
        names.append(header.name)
      }
      // Only uncompressed elements are padded.
      offset += 8 + (isCompressed ? size : (size + 7) / 8 * 8)
    }
    let list = names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", ")
    throw .malformed(path: name, byte: bytes.count, reason: "no array \(requested); the file has \(list)")
  }
}
