import Formatting

/// The run-length encodings of BMP, RLE4 and RLE8.
enum BMPRuns {
  /// The indices of all pixels, from the upper left one; those that no run covers are 0.
  ///
  /// Throws if a run leaves the picture, or the data ends before the mark of its end.
  static func indices(_ file: [UInt8], _ header: BMPHeader) throws(PictureFault) -> [UInt8] {
    let (width, height) = (header.width, header.height)
    var indices = [UInt8](repeating: 0, count: width * height)
    var (column, line, position) = (0, 0, header.pixelOffset)
    func rest(_ count: Int) throws(PictureFault) {
      guard file.count - position >= count else {
        throw PictureFault("the file ends here, before the end of the picture", at: file.count)
      }
    }
    func room(_ count: Int) throws(PictureFault) {
      guard line < height, column + count <= width else {
        throw PictureFault(
          "\(count.pluralized("pixel")) at column \(column) of row \(line), outside of \(width)x\(height)",
          at: position)
      }
    }
    // Rows are counted from the bottom.
    func put(_ index: UInt8) {
      indices[(height - 1 - line) * width + column] = index
      column += 1
    }
    while true {
      try rest(2)
      let (count, value) = (Int(file[position]), file[position + 1])
      switch (count, value) {
      case (0, 0): (column, line) = (0, line + 1)
      case (0, 1): return indices
      case (0, 2):
        try rest(4)
        column += Int(file[position + 2])
        line += Int(file[position + 3])
        guard line < height, column <= width else {
          throw PictureFault(
            "moves to column \(column) of row \(line), outside of \(width)x\(height)", at: position)
        }
        position += 2
      case (0, _):
        let bytes = header.bits == 4 ? (Int(value) + 1) / 2 : Int(value)
        try rest(2 + bytes)
        try room(Int(value))
        for pixel in 0..<Int(value) {
          put(
            header.bits == 8
              ? file[position + 2 + pixel] : nibble(file[position + 2 + pixel / 2], isFirst: pixel % 2 == 0))
        }
        // Padded to words.
        position += (bytes + 1) / 2 * 2
      default:
        try room(count)
        for pixel in 0..<count { put(header.bits == 8 ? value : nibble(value, isFirst: pixel % 2 == 0)) }
      }
      position += 2
      // The picture is whole where only the mark of its end is missing.
      if line == height || (line == height - 1 && column == width && position >= file.count) {
        return indices
      }
    }
  }

  private static func nibble(_ byte: UInt8, isFirst: Bool) -> UInt8 { isFirst ? byte >> 4 : byte & 15 }
}
