import Formatting

/// The text of a progress bar, shortened to the width of the window.
package struct ProgressLine {
  /// A text after the bar.
  package struct Piece {
    let text: String
    let importance: Int

    /// A piece; those of the smallest importance are dropped first.
    package init(_ text: String, importance: Int) { (self.text, self.importance) = (text, importance) }
  }

  /// The characters and colours of the bar.
  package struct Style: Equatable {
    let isUnicode: Bool
    let isColored: Bool

    /// ASCII without colours.
    package static let plain = Style(environment: ["NO_COLOR": "1", "LC_ALL": "C"])

    /// Line characters if the locale has Unicode, colours unless `NO_COLOR` is set.
    package init(environment: [String: String]) {
      isUnicode = environment.isUnicode
      isColored = environment.allowsColor
    }
  }

  private let label: String
  private let done: Int
  private let total: Int
  private let pieces: [Piece]

  private static let (fewestCells, mostCells) = (4, 24)

  /// A line for `done` of `total`, which is at least 1, with `pieces` in order.
  package init(_ label: String, done: Int, of total: Int, _ pieces: [Piece]) {
    (self.label, self.done, self.total, self.pieces) = (label, min(done, total), total, pieces)
  }

  /// The text in at most `width` characters, not counting colours: first the bar is shortened, then pieces are dropped.
  package func text(width: Int, style: Style = .plain) -> String {
    var shown = pieces
    while true {
      let tail = ([" \(done.grouped)/\(total.grouped)"] + shown.map(\.text)).joined(separator: "  ")
      let room = width - label.count - tail.count
      if room >= 0 { return label + bar(min(Self.mostCells, room - 3), style) + tail }
      guard let least = shown.indices.min(by: { shown[$0].importance < shown[$1].importance }) else {
        return String((label + tail).prefix(max(width, 0)))
      }
      shown.remove(at: least)
    }
  }

  private func bar(_ cells: Int, _ style: Style) -> String {
    guard cells >= Self.fewestCells else { return "" }
    let count = Int(clamping: Double(cells) * Double(done) / Double(total))
    let filled = String(repeating: style.isUnicode ? "━" : "=", count: count)
    let empty = String(repeating: style.isUnicode ? "─" : ".", count: cells - count)
    let bar = style.isColored ? "\u{1B}[32m\(filled)\u{1B}[0;2m\(empty)\u{1B}[0m" : filled + empty
    return style.isUnicode ? " \(bar)" : " [\(bar)]"
  }
}
