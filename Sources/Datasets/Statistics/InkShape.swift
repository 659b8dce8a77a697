import ImageFiles

/// The extent of what is drawn in gray images, and the brightness of their borders.
struct InkShape {
  let widerShare: Double
  let brightBorderShare: Double

  /// Darker pixels, on black, are no ink.
  private static let threshold: UInt8 = 32

  init(_ images: Subset) {
    let (shape, size) = (images.shape, images.shape.size)
    var (wider, bright) = (0, 0)
    images.images.pixels.withUnsafeBufferPointer { pixels in
      for index in images.indices {
        let image = UnsafeBufferPointer(rebasing: pixels[Int(index) * size..<(Int(index) + 1) * size])
        let border = Self.border(image, shape)
        let isBright = border.sum > 127 * border.count
        if isBright { bright += 1 }
        var (columns, rows) = ((first: Int.max, last: -1), (first: Int.max, last: -1))
        for row in 0..<shape.height {
          for column in 0..<shape.width {
            let value = image[row * shape.width + column]
            if (isBright ? 255 - value : value) < Self.threshold { continue }
            columns = (min(columns.first, column), max(columns.last, column))
            rows = (min(rows.first, row), row)
          }
        }
        guard rows.last >= 0 else { continue }
        if columns.last - columns.first > rows.last - rows.first { wider += 1 }
      }
    }
    let count = Double(max(1, images.count))
    (widerShare, brightBorderShare) = (Double(wider) / count, Double(bright) / count)
  }
  /// The sum of the pixels along the four edges, and their number.
  private static func border(
    _ pixels: UnsafeBufferPointer<UInt8>, _ shape: ImageShape
  ) -> (sum: Int, count: Int) {
    var (sum, count) = (0, 0)
    for row in 0..<shape.height {
      let isEdge = row == 0 || row == shape.height - 1
      for column in stride(from: 0, to: shape.width, by: isEdge ? 1 : max(1, shape.width - 1)) {
        sum += Int(pixels[row * shape.width + column])
        count += 1
      }
    }
    return (sum, count)
  }
}
