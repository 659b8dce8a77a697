import Formatting

/// Prints the probabilities of classes as bars on a terminal.
package struct ProbabilityBars {
  /// The capabilities of a terminal.
  package struct Style: Equatable, Sendable {
    /// Characters per line.
    package var width: Int
    /// Whether block characters are shown.
    package var isUnicode: Bool
    /// Whether escape sequences for colours are supported.
    package var isColored: Bool

    /// A style.
    package init(width: Int, isUnicode: Bool, isColored: Bool) {
      (self.width, self.isUnicode, self.isColored) = (width, isUnicode, isColored)
    }

    /// The capabilities of a terminal of `width` characters with these environment variables.
    package init(width: Int, environment: [String: String]) {
      let isDumb = environment["TERM", default: "dumb"] == "dumb"
      self.width = width
      isUnicode = !isDumb && environment.isUnicode
      isColored = !isDumb && environment.allowsColor
    }
  }

  private let style: Style

  private static let mostCells = 40
  /// A cell filled by one to eight eighths.
  private static let eighths = Array("▏▎▍▌▋▊▉█")

  /// Bars in a style.
  package init(_ style: Style) { self.style = style }

  /// A heading with the prediction, then one line per class; the predicted class is emphasized.
  ///
  /// - Parameter classes: class names with probabilities, in the order of the lines.
  package func lines(
    input: String, prediction: String, classes: [(name: String, probability: Double)]
  ) -> [String] {
    let names = classes.map(\.name.count).max() ?? 0
    // "  name bar 100.0 %"
    let cells = max(0, min(Self.mostCells, style.width - names - 12))
    let room = max(1, style.width - prediction.count - 2)
    let title = input.count <= room ? input : "…" + input.suffix(room - 1)
    let heading =
      "\(style.isUnicode ? title : String(title.map { $0 == "…" ? "~" : $0 })): \(emphasized(prediction))"
    return [heading]
      + classes.map { name, probability in
        let percent = "\((probability * 100).fixed(1)) %"
        let line =
          "  \(name.padded(left: names)) \(bar(probability, cells).padded(right: cells)) \(percent.padded(left: 7))"
        return name == prediction ? emphasized(line) : line
      }
  }

  private func bar(_ probability: Double, _ cells: Int) -> String {
    let fraction = min(max(0, probability), 1)
    guard style.isUnicode else {
      return String(repeating: "#", count: Int(clamping: (fraction * Double(cells)).rounded()))
    }
    let eighths = Int(clamping: (fraction * Double(cells) * 8).rounded())
    let (whole, rest) = eighths.quotientAndRemainder(dividingBy: 8)
    return String(repeating: "█", count: whole) + (rest > 0 ? String(Self.eighths[rest - 1]) : "")
  }

  private func emphasized(_ text: String) -> String {
    style.isColored ? "\u{1B}[1;32m\(text)\u{1B}[0m" : text
  }
}
