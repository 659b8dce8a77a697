import FileIO
import Formatting

/// A MATLAB file of version 5, little-endian, plain or compressed: numeric arrays, found by their names.
///
/// A header of 128 bytes, then elements: a tag (type, size) and content; an array is an element of elements
/// (flags, sizes, name, numbers), or zlib data around one. Everything that is not asked for is passed over.
struct MATFile {
  static let (matrix, compressed) = (14, 15)
  private static let headerLength = 128
  let name: String
  private let bytes: [UInt8]

  /// Checks the header; throws `malformed` if it is not that of version 5, little-endian.
  init(parsing bytes: [UInt8], name: String) throws(DataError) {
    (self.bytes, self.name) = (bytes, name)
    func fault(_ reason: String, at byte: Int) -> DataError {
      .malformed(path: name, byte: byte, reason: reason)
    }
    guard FileSignature(bytes) == .matlab else {
      throw fault("not a MATLAB file: \(FileSignature.describe(bytes))", at: 0)
    }
    if bytes.starts(with: "MATLAB 7.3".utf8) {
      throw fault("MATLAB 7.3 files are HDF5, which is not read; save it with -v7", at: 0)
    }
    guard bytes.count >= Self.headerLength else { throw fault("the header is cut off", at: bytes.count) }
    switch Array(bytes[126..<128]) {
    case Array("IM".utf8): break
    case Array("MI".utf8): throw fault("the file is big-endian, which is not read", at: 126)
    default: throw fault("the file does not say IM, little-endian, here", at: 126)
    }
    guard bytes.littleEndian(at: 124, 2) == 0x100 else {
      throw fault("version \(bytes.littleEndian(at: 124, 2)) of the format; 256 is read", at: 124)
    }
  }

  /// The numeric array called `wanted`, read up to its numbers; throws `malformed` if there is none, or for a bad file.
  func reader(of wanted: String) throws(DataError) -> Reader {
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
        if header.name == wanted { return try Reader(header, source) }
        names.append(header.name)
      }
      // Only what is not compressed is padded.
      offset += 8 + (isCompressed ? size : (size + 7) / 8 * 8)
    }
    let list = names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", ")
    throw .malformed(path: name, byte: bytes.count, reason: "no array \(wanted); the file has \(list)")
  }
}
