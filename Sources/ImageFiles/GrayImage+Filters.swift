extension GrayImage {
  /// A box filter: each pixel is the mean of those within `radius` rows and columns.
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

  /// Dilation: each pixel is the maximum of those within `radius` rows and columns.
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

  /// Erosion: each pixel is the minimum of those within `radius` rows and columns.
  package func eroded(radius: Int) -> GrayImage {
    map { 1 - $0 }.dilated(radius: radius).map { 1 - $0 }
  }

  /// The mean width of strokes in pixels: twice their area divided by the length of their outline.
  package var strokeWidth: Float {
    var (area, outline): (Float, Float) = (0, 0)
    for row in 0..<height {
      for column in 0..<width {
        let value = self[row, column]
        area += value
        let right = column + 1 < width ? self[row, column + 1] : 0
        let below = row + 1 < height ? self[row + 1, column] : 0
        outline += ((right - value) * (right - value) + (below - value) * (below - value)).squareRoot()
        if column == 0 { outline += value }
        if row == 0 { outline += value }
      }
    }
    return outline > 0 ? 2 * area / outline : 0
  }
}
