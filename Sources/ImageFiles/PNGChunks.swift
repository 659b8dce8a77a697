import CZlib
import FileIO
import Formatting

/// The chunks of a PNG file, checked before libpng sees them: it does not say where a fault is.
struct PNGChunks {
  /// Columns.
  let width: Int
  /// Rows.
  let height: Int

  /// The signature and the header chunk: length, type, 13 bytes, checksum.
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static let headerEnd = 33
  /// Deflate never packs more into a byte.
  private static let mostCompression = 1032

  /// Walks through the chunks of `file`, which errors call by the name of `source`.
  init(_ file: [UInt8], of source: borrowing ByteSource) throws(DataError) {
    guard file.starts(with: Self.signature) else {
      throw source.malformed(at: 0, "not PNG: \(FileSignature.describe(file))")
    }
    var position = Self.signature.count
    var size: (width: Int, height: Int)?
    var imageBytes = 0
    while true {
      guard file.count - position >= 12 else {
        throw source.malformed(at: file.count, "the file ends here, before PNG's last chunk (IEND)")
      }
      let length = file.bigEndian32(at: position)
      let type = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
      guard file[position + 4..<position + 8].allSatisfy({ 0x41...0x5A ~= $0 & 0xDF }) else {
        throw source.malformed(
          at: position + 4, "no type of chunk: \(FileSignature.describe(file[(position + 4)...]))")
      }
      guard length <= file.count - position - 12 else {
        throw source.malformed(
          at: position, "chunk \(type) of \(length.pluralized("byte")) is longer than the file")
      }
      let end = position + 8 + length
      guard Self.checksum(file, position + 4..<end) == file.bigEndian32(at: end) else {
        throw source.malformed(at: end, "chunk \(type): its checksum is wrong")
      }
      guard (type == "IHDR") == (size == nil) else {
        throw source.malformed(
          at: position, "chunk \(type) where the \(size == nil ? "" : "only ")header (IHDR) should be")
      }
      if type == "IHDR" {
        guard length == 13 else {
          throw source.malformed(at: position, "a header of \(length) bytes, not 13")
        }
        let (width, height) = (file.bigEndian32(at: position + 8), file.bigEndian32(at: position + 12))
        try PictureFile.check(width: width, height: height, at: position + 8, in: source)
        size = (width, height)
      }
      if type == "IDAT" { imageBytes += length }
      position = end + 4
      if type == "IEND" { break }
    }
    guard position == file.count else {
      throw source.malformed(
        at: position, "\((file.count - position).pluralized("byte")) after the end of the picture")
    }
    guard let size else { throw source.malformed(at: position, "no header (IHDR)") }
    // A bit for each pixel at least, and a byte for each row.
    let leastBytes = size.height * ((size.width + 7) / 8 + 1)
    guard imageBytes > 0, imageBytes * Self.mostCompression >= leastBytes else {
      throw source.malformed(
        at: Self.headerEnd, "\(imageBytes.pluralized("byte")) cannot hold \(size.width)x\(size.height) pixels"
      )
    }
    (width, height) = size
  }

  private static func checksum(_ file: [UInt8], _ range: Range<Int>) -> Int {
    file.withUnsafeBufferPointer { bytes in
      Int(crc32(0, bytes.baseAddress.map { $0 + range.lowerBound }, UInt32(range.count)))
    }
  }
}
