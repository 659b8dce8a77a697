import FileIO
import Formatting

/// The chunks of a PNG file, validated before libpng decodes it, whose errors have no offset.
struct PNGChunks {
  /// The number of columns.
  let width: Int
  /// The number of rows.
  let height: Int

  /// The size of the signature and the header chunk (length, type, 13 bytes, checksum).
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static let headerEnd = 33
  /// The maximum compression ratio of deflate.
  private static let maximumCompression = 1032

  /// Parses the chunks of `file`, called by the name of `source` in errors; throws `malformed`.
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
          at: position + 4, "invalid chunk type: \(FileSignature.describe(file[(position + 4)...]))")
      }
      guard length <= file.count - position - 12 else {
        throw source.malformed(
          at: position, "chunk \(type) of \(length.pluralized("byte")) exceeds the file")
      }
      let end = position + 8 + length
      guard Int(CRC32.checksum(file[position + 4..<end])) == file.bigEndian32(at: end) else {
        throw source.malformed(at: end, "chunk \(type): the checksum is wrong")
      }
      guard (type == "IHDR") == (size == nil) else {
        throw source.malformed(
          at: position, size == nil ? "chunk \(type) before the header (IHDR)" : "a second header (IHDR)")
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
    // At least one bit per pixel, and the filter byte of each row.
    let minimumBytes = size.height * ((size.width + 7) / 8 + 1)
    guard imageBytes > 0, imageBytes * Self.maximumCompression >= minimumBytes else {
      throw source.malformed(
        at: Self.headerEnd, "\(imageBytes.pluralized("byte")) cannot hold \(size.width)x\(size.height) pixels"
      )
    }
    (width, height) = size
  }
}
