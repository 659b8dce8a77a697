import FileIO
import Formatting

/// What is wrong with a picture, and at which byte; the name of the file is added where it is known.
struct PictureFault: Error {
  let byte: Int
  let reason: String

  /// A fault at offset `byte` of the file.
  init(_ reason: String, at byte: Int) { (self.byte, self.reason) = (byte, reason) }
}

extension PictureFile {
  /// The picture that `body` decodes from all bytes of `source`; a fault becomes `malformed`.
  static func decode(
    _ source: consuming ByteSource, by body: ([UInt8]) throws(PictureFault) -> Images
  ) throws(DataError) -> Images {
    let file = try source.readAll(limit: byteLimit)
    do throws(PictureFault) {
      return try body(file)
    } catch {
      throw source.malformed(at: error.byte, error.reason)
    }
  }

  /// Throws `malformed` if a picture has no pixels, or too many; `byte` is the offset of the size in the file.
  static func check(
    width: Int, height: Int, at byte: Int, in source: borrowing ByteSource
  ) throws(DataError) {
    do throws(PictureFault) {
      try check(width: width, height: height, at: byte)
    } catch {
      throw source.malformed(at: error.byte, error.reason)
    }
  }

  /// Throws if a picture has no pixels, or too many; `byte` is the offset of the size in the file.
  static func check(width: Int, height: Int, at byte: Int) throws(PictureFault) {
    guard width > 0, height > 0 else { throw PictureFault("\(width)x\(height): no pixels", at: byte) }
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= pixelLimit else {
      throw PictureFault("\(width)x\(height): more than \(pixelLimit.grouped) pixels", at: byte)
    }
  }

  /// Throws if `bytes` bytes of data with at most `density` pixels a byte cannot hold a picture of a checked size.
  static func check(
    _ bytes: Int, hold width: Int, _ height: Int, density: Int, at byte: Int
  ) throws(PictureFault) {
    guard width * height / density <= bytes else {
      throw PictureFault(
        "\(bytes.pluralized("byte")) cannot hold \(width)x\(height) pixels", at: byte)
    }
  }
}
