import Formatting

/// Rows of text in aligned columns.
package struct Table {
  /// How a column is aligned.
  package enum Alignment { case left, right }

  /// How each column is aligned.
  package let alignments: [Alignment]
  /// The heading and the rows.
  private(set) var rows: [[String]]

  /// A table with a heading; columns are as wide as their widest text.
  package init(_ columns: [(heading: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.heading)]
  }

  package mutating func add(_ row: [String]) { rows.append(row) }

  /// The lines: heading, rule, rows.
  package var lines: [String] {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = row.indices.map { column in
        alignments[column] == .left
          ? row[column].padded(right: widths[column]) : row[column].padded(left: widths[column])
      }
      return trimmed(cells.joined(separator: "  "))
    }
    let width = widths.reduce(0, +) + 2 * (widths.count - 1)
    return [lines[0], String(repeating: "─", count: width)] + lines.dropFirst()
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
