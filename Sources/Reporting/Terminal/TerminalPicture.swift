import ImageFiles

/// An image as lines of text; each line shows two rows of pixels, since characters are twice as tall as wide.
package struct TerminalPicture {
  /// The lines of text, from the top.
  package let lines: [String]

  private static let shades = Array(" .:-=+*#%@")

  /// An image in colours, or in ASCII characters of increasing density.
  package init(_ image: ArraySlice<UInt8>, shape: ImageShape, inColor: Bool) {
    func color(_ row: Int, _ column: Int) -> [Int] {
      guard row < shape.height else { return [0, 0, 0] }
      let values = (0..<shape.channels).map { channel in
        Int(image[image.startIndex + (channel * shape.height + row) * shape.width + column])
      }
      return values.count == 3 ? values : Array(repeating: values.reduce(0, +) / values.count, count: 3)
    }
    func brightness(_ row: Int, _ column: Int) -> Int { color(row, column).reduce(0, +) / 3 }
    lines = stride(from: 0, to: shape.height, by: 2).map { row in
      if inColor {
        return Self.halfBlocks((0..<shape.width).map { (color(row, $0), color(row + 1, $0)) })
      }
      return String(
        (0..<shape.width).map { column in
          let mean = (brightness(row, column) + brightness(row + 1, column)) / 2
          return Self.shades[mean * (Self.shades.count - 1) / 255]
        })
    }
  }

  /// Half blocks: the upper pixel is the foreground colour, the lower one the background; colours are set where they
  /// change.
  private static func halfBlocks(_ pixels: [(upper: [Int], lower: [Int])]) -> String {
    var text = ""
    var last: (upper: [Int], lower: [Int]) = ([], [])
    for (upper, lower) in pixels {
      func code(_ kind: Int, _ color: [Int]) -> String { "\(kind);2;\(color[0]);\(color[1]);\(color[2])" }
      let codes =
        (upper == last.upper ? [] : [code(38, upper)]) + (lower == last.lower ? [] : [code(48, lower)])
      if !codes.isEmpty { text += "\u{1B}[\(codes.joined(separator: ";"))m" }
      text += "▀"
      last = (upper, lower)
    }
    return text + "\u{1B}[0m"
  }
}
