import Formatting

extension GrayImage {
  /// The image at another size: area averaging where it is reduced, linear interpolation where it is enlarged.
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
      let pixels = Int(clamping: from)..<min(width, Int(clamping: to.rounded(.up)))
      let weights = pixels.map { (min(to, Float($0 + 1)) - max(from, Float($0))) / (to - from) }
      for row in 0..<height {
        var sum: Float = 0
        for (pixel, weight) in zip(pixels, weights) { sum += weight * values[row * width + pixel] }
        result[row * newWidth + column] = sum
      }
    }
    return GrayImage(width: newWidth, height: height, values: result)
  }

  /// The image scaled to fit a square of `box` pixels, with its aspect ratio.
  func resized(into box: Int) -> GrayImage {
    let longest = max(width, height)
    func length(_ side: Int) -> Int {
      max(1, Int(clamping: (Float(side) * Float(box) / Float(longest)).rounded()))
    }
    return resized(width: length(width), height: length(height))
  }

  /// The image cropped to the pixels of at least `threshold`; nil if there are none.
  func trimmed(from threshold: Float) -> GrayImage? {
    let inked = values.indices.filter { values[$0] >= threshold }
    let rows = inked.map { $0 / width }, columns = inked.map { $0 % width }
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(), let right = columns.max()
    else { return nil }
    return cropped(rows: top..<bottom + 1, columns: left..<right + 1)
  }

  /// The image with `margin` zero pixels on each side.
  func padded(_ margin: Int) -> GrayImage {
    placed(row: margin, column: margin, width: width + 2 * margin, height: height + 2 * margin)
  }

  /// The image on a larger one of `width` x `height` pixels, its centre of mass in the middle, moved by whole pixels.
  func centered(width newWidth: Int, height newHeight: Int) -> GrayImage {
    var (mass, moment): (Float, SIMD2<Float>) = (0, .zero)
    for row in 0..<height {
      for column in 0..<width {
        mass += self[row, column]
        moment += self[row, column] * SIMD2(Float(row), Float(column))
      }
    }
    let centerOfMass = moment / max(mass, 1e-6)
    return placed(
      row: min(max(newHeight / 2 - Int(clamping: centerOfMass.x.rounded()), 0), newHeight - height),
      column: min(max(newWidth / 2 - Int(clamping: centerOfMass.y.rounded()), 0), newWidth - width),
      width: newWidth,
      height: newHeight)
  }

  /// The image at a row and a column of a larger one of zeros.
  private func placed(row top: Int, column left: Int, width newWidth: Int, height newHeight: Int) -> GrayImage
  {
    var result = GrayImage(
      width: newWidth, height: newHeight, values: [Float](repeating: 0, count: newWidth * newHeight))
    for row in 0..<height {
      for column in 0..<width { result[top + row, left + column] = self[row, column] }
    }
    return result
  }
}
