import Formatting

/// A grid of characters on which lines are drawn, in Braille dots or ASCII letters.
struct CharacterCanvas {
  private let (columns, rows): (Int, Int)
  private let isASCII: Bool
  /// The dots in a character, horizontally and vertically.
  private let dots: (x: Int, y: Int)
  /// The Braille dots of each character, as in Unicode: U+2800 plus a bit per dot.
  private var patterns: [[UInt8]]
  /// The letters that replace the dots.
  private var letters: [[Character?]]

  /// An empty grid.
  init(columns: Int, rows: Int, isASCII: Bool) {
    (self.columns, self.rows, self.isASCII) = (columns, rows, isASCII)
    dots = isASCII ? (1, 1) : (2, 4)
    patterns = Array(repeating: Array(repeating: 0, count: columns), count: rows)
    letters = Array(repeating: Array(repeating: nil, count: columns), count: rows)
  }

  /// The dot row of a line at a dot column, interpolated; nil left and right of its points.
  private func dotRow(_ points: [(x: Double, y: Double)], at column: Int) -> Int? {
    let x = Double(column) / Double(max(1, columns * dots.x - 1))
    let half = 0.5 / Double(max(1, columns * dots.x - 1))
    guard let after = points.firstIndex(where: { $0.x >= x - half }) else { return nil }
    let next = points[after]
    var value = next.y
    if next.x > x + half {
      guard after > 0 else { return nil }
      let last = points[after - 1]
      value = last.y + (next.y - last.y) * (x - last.x) / (next.x - last.x)
    }
    return Int(clamping: ((1 - value) * Double(rows * dots.y - 1)).rounded())
  }

  /// Draws a line through `points`, whose coordinates are from 0 to 1.
  mutating func draw(_ points: [(x: Double, y: Double)], letter: Character) {
    var previous: Int?
    for column in 0..<columns * dots.x {
      guard let current = dotRow(points, at: column) else { continue }
      // Where the line is steep, every dot between the two rows is set, so that it has no gaps.
      let start =
        previous.map { $0 < current ? min($0 + 1, current) : $0 > current ? $0 - 1 : current } ?? current
      for row in min(start, current)...max(start, current) { set(row, column, letter) }
      previous = current
    }
  }

  private mutating func set(_ row: Int, _ column: Int, _ letter: Character) {
    if isASCII { return letters[row][column] = letter }
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    patterns[row / 4][column / 2] |= bits[row % 4][column % 2]
  }

  /// Marks a line with its letter at a few columns, which `offset`, from 0 to 1, moves to the right.
  mutating func mark(_ points: [(x: Double, y: Double)], letter: Character, offset: Double) {
    let markCount = 5
    var columns = (0..<markCount).map {
      Int(clamping: (Double($0) + offset) / Double(markCount) * Double(self.columns * dots.x))
    }
    if points.count == 1 { columns = Array(0..<self.columns * dots.x) }
    for column in columns {
      if let row = dotRow(points, at: column) { letters[row / dots.y][column / dots.x] = letter }
    }
  }

  /// The rows of characters, top to bottom.
  var lines: [String] {
    zip(patterns, letters).map { patterns, letters in
      String(
        zip(patterns, letters).map { pattern, letter in
          if let letter { return letter }
          return pattern == 0 ? " " : Character(UnicodeScalar(0x2800 + UInt32(pattern)) ?? " ")
        })
    }
  }
}
