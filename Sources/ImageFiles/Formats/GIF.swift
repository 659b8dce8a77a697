import FileIO
import Formatting

/// The GIF format, of which the first frame is read.
public enum GIF {
  /// LZW's longest string of pixels, 4,096, has a code of 12 bits.
  private static let maximumPixelsPerByte = 2731
  /// A frame may be smaller than the screen, so that a few bytes suffice for one of up to this many pixels.
  private static let freePixels = 1 << 20

  /// The first frame in `source`, gray where its palette is, else RGB, on the whole screen.
  ///
  /// Transparent pixels and those around the frame are white, or black if the picture would be all white. Data after
  /// the frame is ignored. Throws `malformed` if it is no GIF, damaged or too large.
  public static func decode(_ source: consuming ByteSource) throws(DataError) -> Images {
    try PictureFile.decode(source, by: decode)
  }

  private static func decode(_ file: [UInt8]) throws(PictureFault) -> Images {
    let frame = try GIFFrame(file)
    // A frame beyond the screen enlarges it.
    let width = max(frame.screenWidth, frame.left + frame.width)
    let height = max(frame.screenHeight, frame.top + frame.height)
    try PictureFile.check(width: width, height: height, at: 6)
    try PictureFile.check(width: frame.width, height: frame.height, at: frame.offset + 5)
    let bytes = file.count - frame.dataOffset
    try PictureFile.check(
      bytes, hold: frame.width, frame.height, density: maximumPixelsPerByte, at: frame.offset + 5)
    if width * height > freePixels {
      try PictureFile.check(bytes, hold: width, height, density: maximumPixelsPerByte, at: 6)
    }
    let indices = try LZWDecoder.decode(file, from: frame.dataOffset, count: frame.width * frame.height)
    try frame.palette.check(indices, except: frame.transparent, at: frame.dataOffset)
    return composed(indices, frame, width: width, height: height)
  }

  /// The frame on a screen of `width` x `height` pixels.
  private static func composed(_ indices: [UInt8], _ frame: GIFFrame, width: Int, height: Int) -> Images {
    let shape = ImageShape(channels: frame.palette.channels, height: height, width: width)
    let order = frame.rowOrder
    func over(_ shade: UInt8) -> [UInt8] {
      var planes = [UInt8](repeating: shade, count: shape.size)
      for channel in 0..<shape.channels {
        for (row, target) in order.enumerated() {
          let start = (channel * height + frame.top + target) * width + frame.left
          for column in 0..<frame.width {
            let index = indices[row * frame.width + column]
            if index != frame.transparent { planes[start + column] = frame.palette[index, channel] }
          }
        }
      }
      return planes
    }
    let isTransparent = frame.transparent != nil || frame.width * frame.height < width * height
    let picture = over(255)
    let isBlank = isTransparent && picture.allSatisfy { $0 == 255 }
    return Images(pixels: isBlank ? over(0) : picture, shape: shape)
  }
}
