/// The colours of charts, with a CSS class for each.
///
/// Series have the colours of Okabe and Ito, which are safe for colour-blind readers; dashes and markers distinguish
/// them in black and white.
public struct Theme: Sendable {
  let background: String
  let text: String
  let muted: String
  let grid: String
  let axis: String
  let series: [String]
  /// The fill and text colour of a confusion matrix' diagonal.
  let diagonal: (fill: String, text: String)
  /// The fill and text colour of a confusion matrix' other cells, from no errors to the most.
  let levels: [(fill: String, text: String)]

  /// The number of series colours.
  package static let seriesCount = 8
  /// The number of colours for error counts; the first is for no errors.
  static let levelCount = 6

  /// Dark text on white.
  public static let light = Theme(
    background: "#ffffff", text: "#1b2026", muted: "#59636e", grid: "#e3e7eb", axis: "#7b858f",
    series: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d00", "#1b2026"],
    diagonal: ("#dceaf5", "#0b3c5d"),
    levels: [
      ("#f6f7f8", "#6b747d"), ("#fde4cf", "#1b2026"), ("#fbc79b", "#1b2026"), ("#f5a25d", "#1b2026"),
      ("#d55e00", "#ffffff"), ("#8f3f00", "#ffffff"),
    ])

  /// Light text on dark gray.
  public static let dark = Theme(
    background: "#161b22", text: "#e8ecf0", muted: "#a4aeb8", grid: "#2b333c", axis: "#7b858f",
    series: ["#56b4e9", "#f28e3c", "#2fc49a", "#e29bc4", "#f0e442", "#4d8fd6", "#c8a96a", "#e8ecf0"],
    diagonal: ("#17364d", "#cfe6f7"),
    levels: [
      ("#1d232b", "#8d97a1"), ("#4a2c15", "#ffe9d6"), ("#7a4214", "#ffffff"), ("#b25a10", "#ffffff"),
      ("#f28e3c", "#14181d"), ("#ffd3a8", "#14181d"),
    ])

  /// The style sheet of charts in these colours, with all rules below `.chart`.
  public var css: String {
    var rules = [
      "text{font-family:system-ui,Segoe UI,Helvetica,Arial,sans-serif;fill:\(text)}",
      ".muted{fill:\(muted)}", ".title{font-weight:600}", ".back{fill:\(background)}",
      ".grid{stroke:\(grid);stroke-width:1;fill:none}", ".axis{stroke:\(axis);stroke-width:1;fill:none}",
      ".line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}",
      ".dashed{stroke-dasharray:5 4;stroke-width:1.6}", ".ring{fill:none;stroke-width:2}",
      ".edge{stroke:\(axis);stroke-width:1.5;fill:none}", ".arrow{fill:\(axis)}",
      ".diagonal{fill:\(diagonal.fill)}", ".on-diagonal{fill:\(diagonal.text)}",
    ]
    for (index, color) in series.enumerated() {
      rules += [".stroke\(index){stroke:\(color)}", ".fill\(index){fill:\(color)}"]
    }
    for (index, level) in levels.enumerated() {
      rules += [".level\(index){fill:\(level.fill)}", ".on-level\(index){fill:\(level.text)}"]
    }
    return rules.map { ".chart \($0)" }.joined(separator: "\n")
  }
}
