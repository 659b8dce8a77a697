import Formatting

/// The probability of classes as bars, for a terminal.
package struct ProbabilityBars {
  /// How a terminal shows text.
  package struct Style: Equatable, Sendable {
    /// Characters in a line.
    package var width: Int
    /// Whether block characters are shown.
    package var isUnicode: Bool
    /// Whether escape sequences change colours.
    package var isColored: Bool

    /// A style.
    package init(width: Int, isUnicode: Bool, isColored: Bool) {
      (self.width, self.isUnicode, self.isColored) = (width, isUnicode, isColored)
    }

    /// What the environment variables of a terminal of `width` characters say.
    package init(width: Int, environment: [String: String]) {
      let isDumb = environment["TERM", default: "dumb"] == "dumb"
      self.width = width
      isUnicode = !isDumb && environment.isUnicode
      isColored = !isDumb && environment.allowsColor
    }
  }

  private let style: Style

  private static let mostCells = 40
  /// A cell filled by eighths.
  private static let eighths = Array("▏▎▍▌▋▊▉█")

  /// Bars in a style.
  package init(_ style: Style) { self.style = style }

  /// Bars as the terminal behind standard output shows them; nil when it is none.
  static var inTerminal: ProbabilityBars? {
    Console.outputWidth.map { ProbabilityBars(Style(width: $0, environment: Console.environment)) }
  }

  /// A heading with the guess, then a line for each class, the guess's emphasized.
  ///
  /// - Parameter shown: classes with their probabilities, in the order of the lines.
  package func lines(
    input: String, guess: String, shown: [(name: String, probability: Double)]
  ) -> [String] {
    let names = shown.map(\.name.count).max() ?? 0
    // "  name bar 100.0 %"
    let cells = max(0, min(Self.mostCells, style.width - names - 12))
    let room = max(1, style.width - guess.count - 2)
    let title = input.count <= room ? input : "…" + input.suffix(room - 1)
    let heading =
      "\(style.isUnicode ? title : String(title.map { $0 == "…" ? "~" : $0 })): \(emphasized(guess))"
    return [heading]
      + shown.map { name, probability in
        let percent = "\((probability * 100).fixed(1)) %"
        let line =
          "  \(name.padded(left: names)) \(bar(probability, cells).padded(right: cells)) \(percent.padded(left: 7))"
        return name == guess ? emphasized(line) : line
      }
  }

  private func bar(_ part: Double, _ cells: Int) -> String {
    guard style.isUnicode else { return String(repeating: "#", count: Int((part * Double(cells)).rounded())) }
    let (whole, rest) = Int((part * Double(cells) * 8).rounded()).quotientAndRemainder(dividingBy: 8)
    return String(repeating: "█", count: whole) + (rest > 0 ? String(Self.eighths[rest - 1]) : "")
  }

  private func emphasized(_ text: String) -> String {
    style.isColored ? "\u{1B}[1;32m\(text)\u{1B}[0m" : text
  }
}
