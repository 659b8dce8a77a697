/// A gray picture in numbers: how bright each pixel is, or how much ink lies on it.
package struct GrayImage: Equatable, Sendable {
  /// Columns.
  package let width: Int
  /// Rows.
  package let height: Int
  /// One number per pixel, row by row, 0 to 1 unless said otherwise.
  package var values: [Float]

  /// A map over `values`, [height, width].
  package init(width: Int, height: Int, values: [Float]) {
    precondition(width > 0 && height > 0 && values.count == width * height, "values do not fill the map")
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// The number in a row and a column.
  package subscript(row: Int, column: Int) -> Float {
    get { values[row * width + column] }
    set { values[row * width + column] = newValue }
  }

  /// The map with every number changed by `change`.
  package func map(_ change: (Float) -> Float) -> GrayImage {
    GrayImage(width: width, height: height, values: values.map(change))
  }

  /// The map with columns for rows.
  package var transposed: GrayImage {
    var turned: [Float] = []
    turned.reserveCapacity(values.count)
    for column in 0..<width {
      for row in 0..<height { turned.append(values[row * width + column]) }
    }
    return GrayImage(width: height, height: width, values: turned)
  }

  /// The part within some rows and columns.
  package func cropped(rows: Range<Int>, columns: Range<Int>) -> GrayImage {
    GrayImage(
      width: columns.count, height: rows.count,
      values: rows.flatMap { values[$0 * width + columns.lowerBound..<$0 * width + columns.upperBound] })
  }

  /// The number that a part (0 to 1) of all numbers is below.
  package func quantile(_ part: Double) -> Float {
    var counts = [Int](repeating: 0, count: 1025)
    for value in values { counts[Int(min(max(value, 0), 1) * 1024 + 0.5)] += 1 }
    let wanted = min(Int(Double(values.count) * part), values.count - 1)
    var below = 0
    for (bin, count) in counts.enumerated() {
      below += count
      if below > wanted { return Float(bin) / 1024 }
    }
    return 1
  }
}

extension GrayImage {
  /// The brightness of the first of `images`, whose longer side is brought to at most `side` pixels by averaging
  /// blocks of whole pixels.
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
  /// The brightness the eye sees (Rec. 601), of three planes or, where they lie on one another, of gray as it is.
  fileprivate func luma(at index: Int, plane: Int) -> Int32 {
    (77 * Int32(self[index]) + 150 * Int32(self[index + plane]) + 29 * Int32(self[index + 2 * plane])) >> 8
  }
}

extension GrayImage {
  /// The map at another size: averaged over areas where it shrinks, interpolated where it grows.
  package func resized(width: Int, height: Int) -> GrayImage {
    resizedWidth(width).transposed.resizedWidth(height).transposed
  }

  private func resizedWidth(_ newWidth: Int) -> GrayImage {
    if newWidth == width { return self }
    let scale = Float(width) / Float(newWidth)
    let reach = max(scale, 1) / 2
    var result = [Float](repeating: 0, count: newWidth * height)
    for column in 0..<newWidth {
      let center = (Float(column) + 0.5) * scale
      let (from, to) = (max(center - reach, 0), min(center + reach, Float(width)))
      let pixels = Int(from)..<min(width, Int(to.rounded(.up)))
      let weights = pixels.map { (min(to, Float($0 + 1)) - max(from, Float($0))) / (to - from) }
      for row in 0..<height {
        var sum: Float = 0
        for (pixel, weight) in zip(pixels, weights) { sum += weight * values[row * width + pixel] }
        result[row * newWidth + column] = sum
      }
    }
    return GrayImage(width: newWidth, height: height, values: result)
  }

  /// Each pixel the mean of the square that reaches `radius` pixels around it, as far as it lies in the picture.
  package func blurred(radius: Int) -> GrayImage {
    if radius < 1 { return self }
    return blurredRows(radius).transposed.blurredRows(radius).transposed
  }

  private func blurredRows(_ radius: Int) -> GrayImage {
    var result = self
    for row in 0..<height {
      let start = row * width
      var sum = 0.0
      var (first, last) = (0, 0)
      for column in 0..<width {
        while last < min(width, column + radius + 1) {
          sum += Double(values[start + last])
          last += 1
        }
        while first < column - radius {
          sum -= Double(values[start + first])
          first += 1
        }
        result.values[start + column] = Float(sum / Double(last - first))
      }
    }
    return result
  }

  /// Each pixel the largest of the square that reaches `radius` pixels around it.
  package func dilated(radius: Int) -> GrayImage {
    if radius < 1 { return self }
    return dilatedRows(radius).transposed.dilatedRows(radius).transposed
  }

  private func dilatedRows(_ radius: Int) -> GrayImage {
    var result = self
    for row in 0..<height {
      let line = values[row * width..<(row + 1) * width]
      for column in 0..<width {
        let window = line[
          (line.startIndex + max(0, column - radius))...(line.startIndex + min(width - 1, column + radius))]
        result.values[row * width + column] = window.reduce(0, max)
      }
    }
    return result
  }

  /// Each pixel the smallest of the square that reaches `radius` pixels around it.
  package func eroded(radius: Int) -> GrayImage {
    map { 1 - $0 }.dilated(radius: radius).map { 1 - $0 }
  }
}
