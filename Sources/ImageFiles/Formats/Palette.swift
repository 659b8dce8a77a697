import Formatting

/// The colours of a picture of indices.
struct Palette {
  /// Red, green and blue of each colour.
  let values: [UInt8]

  /// A palette of red, green and blue of each colour.
  init(_ values: [UInt8]) { self.values = values }

  /// The number of colours.
  var count: Int { values.count / 3 }

  /// 1 where all colours are gray, else 3.
  var channels: Int {
    for red in stride(from: 0, to: values.count, by: 3) {
      let (green, blue) = (values[red + 1], values[red + 2])
      if values[red] != green || green != blue { return 3 }
    }
    return 1
  }

  /// The value of the colour `index` in a channel.
  subscript(index: UInt8, channel: Int) -> UInt8 { values[3 * Int(index) + channel] }

  /// Throws if the palette does not have a colour of `indices`; `byte` is the offset of the pixels in the file.
  func check(_ indices: [UInt8], except transparent: UInt8? = nil, at byte: Int) throws(PictureFault) {
    if count >= 256 { return }
    if let wrong = indices.first(where: { Int($0) >= count && $0 != transparent }) {
      throw PictureFault(
        "a pixel of colour \(wrong), but the palette has \(count.pluralized("colour"))", at: byte)
    }
  }
}
