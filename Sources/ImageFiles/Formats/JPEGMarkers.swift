import FileIO
import Formatting

/// The markers of a JPEG file, validated before libjpeg-turbo decodes it, which fills missing data with gray and whose
/// errors have no offset.
struct JPEGMarkers {
  /// The number of columns.
  let width: Int
  /// The number of rows.
  let height: Int
  /// The orientation of the camera, from EXIF.
  let orientation: Orientation

  /// The limit of scans, against files made to keep a decoder busy: cameras and editors write 1 to 12.
  private static let scanLimit = 64
  /// A block of 8x8 pixels takes at least one bit of the first scan.
  private static let maximumPixelsPerByte = 512

  /// Parses the markers of `file`, called by the name of `source` in errors; throws `malformed`.
  init(_ file: [UInt8], of source: borrowing ByteSource) throws(DataError) {
    guard file.starts(with: [0xFF, 0xD8]) else {
      throw source.malformed(at: 0, "not JPEG: \(FileSignature.describe(file))")
    }
    var position = 2
    var size: (width: Int, height: Int, byte: Int)?
    var (scans, orientation) = (0, Orientation.upright)
    while true {
      guard file.count - position >= 2 else { throw Self.cutOff(file, source) }
      guard file[position] == 0xFF else {
        throw source.malformed(at: position, "expected a marker (FF), not \(file[position].hexadecimal)")
      }
      let marker = file[position + 1]
      if marker == 0xFF {
        position += 1
        continue
      }
      if marker == 0xD9 { break }
      guard file.count - position >= 4 else { throw Self.cutOff(file, source) }
      let length = file.bigEndian16(at: position + 2)
      guard !(0xD0...0xD8).contains(marker), marker > 1, length >= 2 else {
        throw source.malformed(at: position, "expected a segment, not marker FF \(marker.hexadecimal)")
      }
      let end = position + 2 + length
      guard end <= file.count else { throw Self.cutOff(file, source) }
      let content = file[position + 4..<end]
      switch marker {
      case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
        if size != nil { throw source.malformed(at: position, "a second frame") }
        size = try Self.frame(content, in: file, of: source)
      case 0xE1 where orientation == .upright:
        orientation = Orientation(exif: content) ?? .upright
      case 0xDA:
        guard size != nil else { throw source.malformed(at: position, "a scan before the frame header") }
        scans += 1
        if scans > Self.scanLimit {
          throw source.malformed(at: position, "more than \(Self.scanLimit) scans")
        }
      default: break
      }
      position = marker == 0xDA ? try Self.endOfScan(file, from: end, source) : end
    }
    guard let size, scans > 0 else {
      throw source.malformed(at: position, "a picture without pixels")
    }
    guard size.width * size.height <= file.count * Self.maximumPixelsPerByte else {
      throw source.malformed(
        at: size.byte, "\(file.count.pluralized("byte")) cannot hold \(size.width)x\(size.height) pixels")
    }
    (width, height, self.orientation) = (size.width, size.height, orientation)
  }

  /// The size in a frame header, whose fields are precision, height, width and number of components.
  private static func frame(
    _ content: ArraySlice<UInt8>, in file: [UInt8], of source: borrowing ByteSource
  ) throws(DataError) -> (width: Int, height: Int, byte: Int) {
    let start = content.startIndex
    guard content.count >= 6 else {
      throw source.malformed(at: start, "a frame header of \(content.count) bytes")
    }
    let (height, width) = (file.bigEndian16(at: start + 1), file.bigEndian16(at: start + 3))
    try PictureFile.check(width: width, height: height, at: start + 1, in: source)
    guard file[start] == 8 else {
      throw source.malformed(at: start, "\(file[start]) bits per sample; only 8 are supported")
    }
    if file[start + 5] == 4 {
      throw source.malformed(at: start + 5, "a CMYK picture, for print; save it as RGB or gray")
    }
    guard [1, 3].contains(file[start + 5]) else {
      throw source.malformed(
        at: start + 5, "\(file[start + 5]) colour components; only 1 and 3 are supported")
    }
    return (width, height, start + 1)
  }

  /// The offset of the first marker after the entropy-coded data of a scan.
  private static func endOfScan(
    _ file: [UInt8], from start: Int, _ source: borrowing ByteSource
  ) throws(DataError) -> Int {
    var position = start
    while let found = file[position...].firstIndex(of: 0xFF), found + 1 < file.count {
      // FF 00 is a data byte, and restart markers belong to the scan.
      guard file[found + 1] == 0 || (0xD0...0xD7).contains(file[found + 1]) else { return found }
      position = found + 2
    }
    throw cutOff(file, source)
  }

  private static func cutOff(_ file: [UInt8], _ source: borrowing ByteSource) -> DataError {
    source.malformed(at: file.count, "the file ends here, before the end of the JPEG picture")
  }
}
