/// The lines printed on paper: straight, thin, parallel, from one edge of the picture to the other.
package enum RuledLines {
  /// How far lines may lean: rows for each 100 columns.
  private static let slopes = (-24...24).map { Float($0) / 100 }
  /// The part of its way on which a line has to be seen.
  private static let leastCoverage: Float = 0.6
  /// Lines are thinner than this part of the picture.
  private static let thickest = 1.0 / 40
  /// In a smaller picture, of so many pixels, a line cannot be told from a stroke.
  private static let smallest = 64

  /// The ink without the lines, lying and standing ones; a stroke that crosses a line stays whole.
  ///
  /// - Parameter threshold: what counts as ink.
  package static func removed(from ink: GrayImage, threshold: Float) -> GrayImage {
    guard min(ink.width, ink.height) >= smallest else { return ink }
    let withoutLying = lyingRemoved(from: ink, threshold: threshold)
    return lyingRemoved(from: withoutLying.transposed, threshold: threshold).transposed
  }

  /// A straight band of rows, leaning by a slope: in column x from `rows.lowerBound + slope x` on.
  struct Band: Equatable {
    var rows: ClosedRange<Int>
    let slope: Float

    /// Its first row in a column.
    func top(_ column: Int) -> Int { rows.lowerBound + Int((slope * Float(column)).rounded()) }
  }

  private static func lyingRemoved(from ink: GrayImage, threshold: Float) -> GrayImage {
    var result = ink
    for band in lying(in: ink, threshold: threshold) {
      for column in 0..<ink.width {
        // The soft edges of a line belong to it.
        let top = band.top(column) - 2
        let bottom = top + band.rows.count + 3
        guard bottom >= 0, top < ink.height else { continue }
        let (above, below) = (max(top - 1, 0), min(bottom + 1, ink.height - 1))
        for row in max(top, 0)...min(bottom, ink.height - 1) {
          let part = Float(row - top + 1) / Float(bottom - top + 2)
          let bridge = ink[above, column] + (ink[below, column] - ink[above, column]) * part
          result[row, column] = min(result[row, column], bridge)
        }
      }
    }
    return result
  }

  /// The bands of all lying lines.
  static func lying(in ink: GrayImage, threshold: Float) -> [Band] {
    let width = ink.width
    let margin = width / 4 + 1
    let inked = ink.values.indices.filter { ink.values[$0] > threshold }
      .map { (row: $0 / width, column: $0 % width) }
    var best: (sharpness: Float, bands: [Band]) = (0, [])
    for slope in slopes {
      // How many columns have ink on the line that begins in each row, those above and below the picture too.
      var counts = [Int32](repeating: 0, count: ink.height + 2 * margin)
      var ends = counts
      for (row, column) in inked {
        let start = row - Int((slope * Float(column)).rounded()) + margin
        counts[start] += 1
        if column < width / 16 || column >= width - width / 16 { ends[start] += 1 }
      }
      let leastCount = Int32(leastCoverage * Float(width))
      let leastEnds = Int32(leastCoverage * Float(width / 16 * 2))
      var bands: [Band] = []
      var sharpness: Float = 0
      for (index, count) in counts.enumerated() where count >= leastCount && ends[index] >= leastEnds {
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
    let mostRows = max(2, Int(Double(min(ink.width, ink.height)) * thickest))
    return best.bands.filter { $0.rows.count <= mostRows }
  }
}
