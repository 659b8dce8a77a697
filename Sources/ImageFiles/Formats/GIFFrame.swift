import FileIO
import Formatting

/// The blocks of a GIF file up to the pixels of its first frame.
struct GIFFrame {
  /// The size of the screen, on which frames are placed.
  let screenWidth: Int
  let screenHeight: Int
  /// The offset of the frame's descriptor in the file.
  let offset: Int
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  let isInterlaced: Bool
  let palette: Palette
  /// The index of transparent pixels.
  let transparent: UInt8?
  /// The offset of the compressed pixels.
  let dataOffset: Int

  /// Parses the blocks of `file`.
  init(_ file: [UInt8]) throws(PictureFault) {
    guard file.starts(with: Array("GIF87a".utf8)) || file.starts(with: Array("GIF89a".utf8)) else {
      throw PictureFault("not GIF: \(FileSignature.describe(file))", at: 0)
    }
    func need(_ count: Int, at position: Int) throws(PictureFault) {
      guard file.count - position >= count else {
        throw PictureFault("the file ends here, before its first frame", at: file.count)
      }
    }
    func word(_ position: Int) -> Int { Int(file[position]) | Int(file[position + 1]) << 8 }
    /// The palette that `flags` announce.
    func colours(_ flags: UInt8, at position: Int) throws(PictureFault) -> ArraySlice<UInt8> {
      let count = flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1)
      try need(count, at: position)
      return file[position..<position + count]
    }
    try need(13, at: 0)
    (screenWidth, screenHeight) = (word(6), word(8))
    let shared = try colours(file[10], at: 13)
    var position = shared.endIndex
    var transparent: UInt8?
    while true {
      try need(1, at: position)
      switch file[position] {
      case 0x21:
        try need(3, at: position)
        // A graphic control extension belongs to the frame after it.
        if file[position + 1] == 0xF9, file[position + 2] >= 4 {
          try need(7, at: position)
          transparent = file[position + 3] & 1 == 1 ? file[position + 6] : nil
        }
        position += 2
        while true {
          try need(1, at: position)
          let length = Int(file[position])
          try need(1 + length, at: position)
          position += 1 + length
          if length == 0 { break }
        }
        continue
      case 0x2C: break
      case 0x3B: throw PictureFault("the file has no frame", at: position)
      default:
        throw PictureFault(
          "expected a frame or an extension, not \(file[position].hexadecimal)", at: position)
      }
      break
    }
    try need(10, at: position)
    offset = position
    (left, top) = (word(position + 1), word(position + 3))
    (width, height) = (word(position + 5), word(position + 7))
    let flags = file[position + 9]
    isInterlaced = flags & 0x40 != 0
    let own = try colours(flags, at: position + 10)
    palette = Palette(Array(own.isEmpty ? shared : own))
    guard palette.count > 0 else { throw PictureFault("a frame without a palette", at: position) }
    self.transparent = transparent
    dataOffset = own.endIndex
  }

  /// The row in the frame of each row in the file.
  var rowOrder: [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { pass in
      Array(stride(from: pass.0, to: height, by: pass.1))
    }
  }
}
