import Formatting

/// Removes the lines of ruled or squared paper: straight, thin, parallel, from edge to edge of the picture.
package enum RuledLines {
  /// The slopes that are searched, in rows per column.
  private static let slopes = (-24...24).map { Float($0) / 100 }
  /// The minimum fraction of its columns in which a line is visible.
  private static let minimumCoverage: Float = 0.6
  /// The maximum thickness of a line, as a fraction of the picture.
  private static let maximumThickness = 1.0 / 40
  /// The minimum side of a picture in pixels: in smaller ones lines and strokes look the same.
  private static let minimumSide = 64

  /// The ink without horizontal and vertical lines; a stroke that crosses a line is preserved.
  ///
  /// - Parameter threshold: the minimum of ink.
  package static func removed(from ink: GrayImage, threshold: Float) -> GrayImage {
    guard min(ink.width, ink.height) >= minimumSide else { return ink }
    let withoutHorizontal = horizontalRemoved(from: ink, threshold: threshold)
    return horizontalRemoved(from: withoutHorizontal.transposed, threshold: threshold).transposed
  }

  /// A sloped band of rows: in column x it starts at `rows.lowerBound + slope x`.
  struct Band: Equatable {
    var rows: ClosedRange<Int>
    let slope: Float

    /// The first row in a column.
    func top(_ column: Int) -> Int { rows.lowerBound + Int(clamping: (slope * Float(column)).rounded()) }
  }

  private static func horizontalRemoved(from ink: GrayImage, threshold: Float) -> GrayImage {
    var result = ink
    for band in horizontalBands(in: ink, threshold: threshold) {
      for column in 0..<ink.width {
        // The margin covers the soft edges of the line.
        let top = band.top(column) - 2
        let bottom = top + band.rows.count + 3
        guard bottom >= 0, top < ink.height else { continue }
        let (above, below) = (max(top - 1, 0), min(bottom + 1, ink.height - 1))
        for row in max(top, 0)...min(bottom, ink.height - 1) {
          let fraction = Float(row - top + 1) / Float(bottom - top + 2)
          let bridge = ink[above, column] + (ink[below, column] - ink[above, column]) * fraction
          result[row, column] = min(result[row, column], bridge)
        }
      }
    }
    return result
  }

  /// The bands of all horizontal lines.
  static func horizontalBands(in ink: GrayImage, threshold: Float) -> [Band] {
    let width = ink.width
    let margin = width / 4 + 1
    let inked = ink.values.indices.filter { ink.values[$0] > threshold }
      .map { (row: $0 / width, column: $0 % width) }
    var best: (sharpness: Float, bands: [Band]) = (0, [])
    for slope in slopes {
      // The number of columns with ink on the line from each row, and from rows above and below the picture.
      var counts = [Int32](repeating: 0, count: ink.height + 2 * margin)
      var ends = counts
      for (row, column) in inked {
        let start = row - Int(clamping: (slope * Float(column)).rounded()) + margin
        counts[start] += 1
        if column < width / 16 || column >= width - width / 16 { ends[start] += 1 }
      }
      let minimumCount = Int32(clamping: minimumCoverage * Float(width))
      let minimumEnds = Int32(clamping: minimumCoverage * Float(width / 16 * 2))
      var bands: [Band] = []
      var sharpness: Float = 0
      for (index, count) in counts.enumerated() where count >= minimumCount && ends[index] >= minimumEnds {
        let row = index - margin
        sharpness += Float(count) * Float(count)
        if let last = bands.last, last.rows.upperBound == row - 1 {
          bands[bands.count - 1].rows = last.rows.lowerBound...row
        } else {
          bands.append(Band(rows: row...row, slope: slope))
        }
      }
      if sharpness > best.sharpness { best = (sharpness, bands) }
    }
    let maximumRows = max(2, Int(clamping: Double(min(ink.width, ink.height)) * maximumThickness))
    return best.bands.filter { $0.rows.count <= maximumRows }
  }
}
