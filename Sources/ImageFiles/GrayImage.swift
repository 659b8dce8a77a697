import Formatting

/// A gray image of floats: the brightness, or the amount of ink, of each pixel.
package struct GrayImage: Equatable, Sendable {
  /// The number of columns.
  package let width: Int
  /// The number of rows.
  package let height: Int
  /// The pixels, row-major, usually from 0 to 1.
  package var values: [Float]

  /// An image over `values`, [height, width].
  package init(width: Int, height: Int, values: [Float]) {
    precondition(width > 0 && height > 0 && values.count == width * height, "as many values as pixels")
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// The pixel in a row and a column.
  package subscript(row: Int, column: Int) -> Float {
    get { values[row * width + column] }
    set { values[row * width + column] = newValue }
  }

  /// The image with `transform` applied to each pixel.
  package func map(_ transform: (Float) -> Float) -> GrayImage {
    GrayImage(width: width, height: height, values: values.map(transform))
  }

  /// The image with rows and columns exchanged.
  package var transposed: GrayImage {
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for column in 0..<width {
      for row in 0..<height { result.append(values[row * width + column]) }
    }
    return GrayImage(width: height, height: width, values: result)
  }

  /// The pixels in a range of rows and columns.
  package func cropped(rows: Range<Int>, columns: Range<Int>) -> GrayImage {
    GrayImage(
      width: columns.count, height: rows.count,
      values: rows.flatMap { values[$0 * width + columns.lowerBound..<$0 * width + columns.upperBound] })
  }

  /// The value below which a fraction (0 to 1) of all pixels is, in steps of 1/1024.
  package func quantile(_ fraction: Double) -> Float {
    var counts = [Int](repeating: 0, count: 1025)
    for value in values { counts[Int(clamping: min(max(value, 0), 1) * 1024 + 0.5)] += 1 }
    let rank = min(Int(clamping: Double(values.count) * fraction), values.count - 1)
    var below = 0
    for (bin, count) in counts.enumerated() {
      below += count
      if below > rank { return Float(bin) / 1024 }
    }
    return 1
  }
}

extension GrayImage {
  /// The brightness of the first of `images`; its longer side is reduced to at most `side` pixels by averaging blocks
  /// of whole pixels.
  package init(_ images: Images, side: Int) {
    let shape = images.shape
    let block = max(1, (max(shape.width, shape.height) + side - 1) / side)
    let (width, height) = ((shape.width + block - 1) / block, (shape.height + block - 1) / block)
    let plane = shape.width * shape.height
    var sums = [Int32](repeating: 0, count: width)
    var values: [Float] = []
    values.reserveCapacity(width * height)
    images.pixels.withUnsafeBufferPointer { pixels in
      for row in 0..<height {
        let lines = row * block..<min((row + 1) * block, shape.height)
        for column in 0..<width { sums[column] = 0 }
        for line in lines {
          var index = line * shape.width
          for column in 0..<width {
            var sum: Int32 = 0
            for _ in 0..<min(block, shape.width - column * block) {
              sum += pixels.luma(at: index, plane: shape.channels == 3 ? plane : 0)
              index += 1
            }
            sums[column] += sum
          }
        }
        for column in 0..<width {
          let count = lines.count * min(block, shape.width - column * block)
          values.append(Float(sums[column]) / Float(255 * count))
        }
      }
    }
    self.init(width: width, height: height, values: values)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The luma (Rec. 601) of three planes; with a distance of 0 between the planes it is the gray value itself.
  func luma(at index: Int, plane: Int) -> Int32 {
    (77 * Int32(self[index]) + 150 * Int32(self[index + plane]) + 29 * Int32(self[index + 2 * plane])) >> 8
  }
}
