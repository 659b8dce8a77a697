import Formatting

/// A table of text in aligned columns.
package struct Table {
  /// The alignment of a column.
  package enum Alignment { case left, right }

  /// The alignment of each column.
  package let alignments: [Alignment]
  /// The headings, then the rows.
  private(set) var rows: [[String]]

  /// A table without rows.
  package init(_ columns: [(heading: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.heading)]
  }

  /// Appends a row, with a text for each column.
  package mutating func add(_ row: [String]) { rows.append(row) }

  /// The table as lines of text: headings, rule, rows; each column is as wide as its widest text.
  package var lines: [String] {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = row.indices.map { column in
        alignments[column] == .left
          ? row[column].padded(right: widths[column]) : row[column].padded(left: widths[column])
      }
      return cells.joined(separator: "  ").trimmingTrailingSpaces
    }
    let width = widths.reduce(0, +) + 2 * (widths.count - 1)
    return [lines[0], String(repeating: "─", count: width)] + lines.dropFirst()
  }
}
