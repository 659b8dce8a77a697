import Digits

/// What a progress bar says, as much of it as a window has room for.
package struct ProgressLine {
  /// One thing said behind the bar.
  package struct Piece {
    let text: String
    let importance: Int

    /// A piece; those of the smallest importance are left out first.
    package init(_ text: String, importance: Int) { (self.text, self.importance) = (text, importance) }
  }

  private let label: String
  private let done: Int
  private let total: Int
  private let pieces: [Piece]

  private static let (fewestCells, mostCells) = (4, 24)

  /// A line about `done` of `total`, which is at least 1, with `pieces` in the order they are shown.
  package init(_ label: String, done: Int, of total: Int, _ pieces: [Piece]) {
    (self.label, self.done, self.total, self.pieces) = (label, min(done, total), total, pieces)
  }

  /// At most `width` characters: the bar shrinks first, then the pieces go, one after the other.
  package func text(width: Int) -> String {
    var shown = pieces
    while true {
      let tail = ([" \(done.grouped)/\(total.grouped)"] + shown.map(\.text)).joined(separator: "  ")
      let room = width - label.count - tail.count
      if room >= 0 { return label + bar(min(Self.mostCells, room - 3)) + tail }
      guard let least = shown.indices.min(by: { shown[$0].importance < shown[$1].importance }) else {
        return String((label + tail).prefix(width))
      }
      shown.remove(at: least)
    }
  }

  private func bar(_ cells: Int) -> String {
    guard cells >= Self.fewestCells else { return "" }
    let filled = Int(Double(cells) * Double(done) / Double(total))
    return " [" + String(repeating: "=", count: filled) + String(repeating: ".", count: cells - filled) + "]"
  }
}
