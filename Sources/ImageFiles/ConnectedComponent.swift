/// A connected component of ink.
package struct ConnectedComponent: Equatable, Sendable {
  /// The rows of the bounding box.
  package private(set) var rows: ClosedRange<Int>
  /// The columns of the bounding box.
  package private(set) var columns: ClosedRange<Int>
  /// The indices of its pixels.
  package private(set) var pixels: [Int]
  /// Whether it touches the edge of the picture.
  package private(set) var touchesEdge = false

  /// The longer side of the bounding box, in pixels.
  var extent: Int { max(rows.count, columns.count) }

  /// The 8-connected components of the pixels above `threshold`.
  package static func all(in ink: GrayImage, threshold: Float) -> [ConnectedComponent] {
    var isUnlabeled = ink.values.map { $0 > threshold }
    var components: [ConnectedComponent] = []
    for seed in isUnlabeled.indices where isUnlabeled[seed] {
      isUnlabeled[seed] = false
      var component = ConnectedComponent(
        rows: seed / ink.width...seed / ink.width, columns: seed % ink.width...seed % ink.width,
        pixels: [seed])
      var next = 0
      while next < component.pixels.count {
        let (row, column) = component.pixels[next].quotientAndRemainder(dividingBy: ink.width)
        next += 1
        component.extend(to: row, column, of: ink)
        for y in max(0, row - 1)...min(ink.height - 1, row + 1) {
          for x in max(0, column - 1)...min(ink.width - 1, column + 1) where isUnlabeled[y * ink.width + x] {
            isUnlabeled[y * ink.width + x] = false
            component.pixels.append(y * ink.width + x)
          }
        }
      }
      components.append(component)
    }
    return components
  }

  private mutating func extend(to row: Int, _ column: Int, of ink: GrayImage) {
    rows = min(rows.lowerBound, row)...max(rows.upperBound, row)
    columns = min(columns.lowerBound, column)...max(columns.upperBound, column)
    if row == 0 || column == 0 || row == ink.height - 1 || column == ink.width - 1 { touchesEdge = true }
  }

  /// The distance in pixels between the bounding boxes of two components, 0 if they overlap.
  package func gap(to other: ConnectedComponent) -> Int {
    func gap(_ a: ClosedRange<Int>, _ b: ClosedRange<Int>) -> Int {
      max(0, a.lowerBound - b.upperBound - 1, b.lowerBound - a.upperBound - 1)
    }
    return max(gap(rows, other.rows), gap(columns, other.columns))
  }

  /// The components of the digit: the largest one and the parts near it; empty if there are none.
  ///
  /// A component that touches the edge is a shadow, a finger or the table, unless the others are far smaller.
  package static func digit(among components: [ConnectedComponent]) -> [ConnectedComponent] {
    let largest = components.max { $0.pixels.count < $1.pixels.count }
    let inner = components.filter { !$0.touchesEdge }.max { $0.pixels.count < $1.pixels.count }
    guard let largest else { return [] }
    let main = inner.flatMap { $0.pixels.count * 20 >= largest.pixels.count ? $0 : nil } ?? largest
    let maximumGap = main.extent / 4
    var parts = [main]
    var others = components.filter {
      $0 != main && $0.touchesEdge == main.touchesEdge && $0.pixels.count * 40 >= main.pixels.count
    }
    // A part may be near another part instead of the largest one.
    while let index = others.firstIndex(where: { other in parts.contains { $0.gap(to: other) <= maximumGap } }
    ) {
      parts.append(others.remove(at: index))
    }
    return parts
  }
}
