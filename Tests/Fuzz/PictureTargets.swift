import FileIO
import ImageFiles

// Pictures of every format.

/// A PNM picture, which must survive being written as PGM or PPM and read again.
func readPNM(_ bytes: [UInt8]) {
  _ = succeeds {
    let picture = try PNM.decode(ByteSource(bytes: bytes, name: "f"))
    let format = picture.shape.channels == 1 ? PictureFormat.pgm : .ppm
    let again = try PNM.decode(ByteSource(bytes: format.encode(picture), name: "f"))
    precondition(again == picture)
  }
}

/// A BMP picture.
func readBMP(_ bytes: [UInt8]) {
  _ = succeeds { check(try BMP.decode(ByteSource(bytes: bytes, name: "f"))) }
}

/// A GIF picture.
func readGIF(_ bytes: [UInt8]) {
  _ = succeeds { check(try GIF.decode(ByteSource(bytes: bytes, name: "f"))) }
}

/// Checks that a picture is one image, gray or RGB, within the limit.
private func check(_ picture: Images) {
  precondition(picture.count == 1 && [1, 3].contains(picture.shape.channels))
  precondition(picture.shape.width * picture.shape.height <= 64_000_000)
}

/// A picture of any format, which must survive a round trip through PNG, and the input that is made of it.
func readPicture(_ bytes: [UInt8]) {
  _ = succeeds {
    let picture = try PictureFile.decode(ByteSource(bytes: bytes, name: "f"))
    let again = try PictureFile.decode(ByteSource(bytes: PNG.encode(picture), name: "f"))
    precondition(again == picture)
    for shape in [ImageShape(height: 28, width: 28), ImageShape(channels: 3, height: 8, width: 9)] {
      for preparation in PicturePreparation.allCases {
        _ = succeeds {
          let input = try preparation.prepare(picture, for: shape, name: "f")
          precondition(input.shape == shape)
        }
      }
    }
  }
}

/// A PNG picture whose chunks get valid checksums first, so that the input reaches the decoder.
func readRepairedPNG(_ bytes: [UInt8]) {
  var bytes = bytes
  var position = 8
  while position + 12 <= bytes.count {
    let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
    let end = position + 8 + length
    guard end + 4 <= bytes.count else { break }
    bytes.replaceSubrange(
      end..<end + 4, with: CRC32.checksum(bytes[position + 4..<end]).littleEndianBytes.reversed())
    position = end + 4
  }
  readPicture(bytes)
}
