/// The transform that makes a picture upright, by EXIF's orientation number.
public enum Orientation: Int, Sendable, CaseIterable {
  case upright = 1
  case mirrored
  case upsideDown
  case flipped
  case transposed
  case turnRight
  case transversed
  case turnLeft

  /// The tag 0x0112 in the first directory of a JPEG's APP1 segment; nil if it is missing or invalid.
  init?(exif segment: ArraySlice<UInt8>) {
    guard segment.starts(with: Array("Exif\0\0".utf8)) else { return nil }
    self.init(tiff: Array(segment.dropFirst(6)))
  }

  /// The tag 0x0112 in the first directory of EXIF data; nil if it is missing or invalid.
  init?(tiff: [UInt8]) {
    let isLittle = tiff.starts(with: Array("II".utf8))
    func number(at index: Int, bytes: Int) -> Int? {
      guard index >= 0, index + bytes <= tiff.count else { return nil }
      let word = tiff[index..<index + bytes]
      return (isLittle ? word.reversed() : Array(word)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard isLittle || tiff.starts(with: Array("MM".utf8)), number(at: 2, bytes: 2) == 42,
      let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2)
    else { return nil }
    for entry in 0..<entries {
      let start = directory + 2 + 12 * entry
      guard let tag = number(at: start, bytes: 2) else { return nil }
      if tag == 0x0112 {
        guard let value = number(at: start + 8, bytes: 2) else { return nil }
        self.init(rawValue: value)
        return
      }
    }
    return nil
  }
}

extension Images {
  /// The images transformed to be upright.
  public func turned(_ orientation: Orientation) -> Images {
    if orientation == .upright { return self }
    let swapsSides = orientation.rawValue >= Orientation.transposed.rawValue
    let (height, width) = (shape.height, shape.width)
    let turned = ImageShape(
      channels: shape.channels, height: swapsSides ? width : height, width: swapsSides ? height : width)
    let plane = height * width
    // The source index of the first pixel, and the steps to those of the pixels below and to the right.
    let (first, down, right) =
      switch orientation {
      case .upright: (0, width, 1)
      case .mirrored: (width - 1, width, -1)
      case .upsideDown: (plane - 1, -width, -1)
      case .flipped: (plane - width, -width, 1)
      case .transposed: (0, 1, width)
      case .turnRight: (plane - width, 1, -width)
      case .transversed: (plane - 1, -1, -width)
      case .turnLeft: (width - 1, -1, width)
      }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(self.pixels.count)
    for start in stride(from: 0, to: self.pixels.count, by: plane) {
      for row in 0..<turned.height {
        let source = start + first + row * down
        for column in 0..<turned.width { pixels.append(self.pixels[source + column * right]) }
      }
    }
    return Images(pixels: pixels, shape: turned)
  }
}
