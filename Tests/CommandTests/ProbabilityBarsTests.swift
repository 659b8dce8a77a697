import Reporting
import Testing
import TestSupport

struct ProbabilityBarsTests {
  private typealias Style = ProbabilityBars.Style
  private let classes = [
    (name: "7", probability: 0.75), (name: "1", probability: 0.25), (name: "3", probability: 0),
  ]

  private func lines(_ style: Style, input: String = "seven.png") -> [String] {
    ProbabilityBars(style).lines(input: input, prediction: "7", classes: classes)
  }

  @Test func barsAreDrawnWithBlocks() {
    #expect(
      lines(Style(width: 23, isUnicode: true, isColored: false)) == [
        "seven.png: 7", "  7 ███████▌    75.0 %", "  1 ██▌         25.0 %", "  3              0.0 %",
      ])
  }

  @Test func plainTerminalsGetPlainCharacters() {
    #expect(
      lines(Style(width: 21, isUnicode: false, isColored: false)) == [
        "seven.png: 7", "  7 ######    75.0 %", "  1 ##        25.0 %", "  3            0.0 %",
      ])
  }

  @Test func thePredictionIsEmphasized() {
    let coloured = lines(Style(width: 40, isUnicode: true, isColored: true))
    #expect(coloured[0] == "seven.png: \u{1B}[1;32m7\u{1B}[0m")
    #expect(coloured[1].hasPrefix("\u{1B}[1;32m  7 ") && coloured[1].hasSuffix("%\u{1B}[0m"))
    #expect(!coloured[2].contains("\u{1B}"))
  }

  @Test(arguments: [true, false])
  func linesFitTheWindow(isUnicode: Bool) {
    for width in 20...200 {
      let lines = lines(
        Style(width: width, isUnicode: isUnicode, isColored: false),
        input: "a/long/path/to/the/picture/of/a/digit/which/goes/on/and/on.jpeg")
      #expect(lines.allSatisfy { $0.count <= width })
      #expect(isUnicode || lines.allSatisfy { $0.allSatisfy(\.isASCII) })
    }
  }

  @Test(arguments: [
    (["TERM": "xterm", "LANG": "en_US.UTF-8"], true, true), (["TERM": "xterm", "LANG": "C"], false, true),
    (["TERM": "xterm"], true, true), (["TERM": "xterm", "LANG": "C", "LC_CTYPE": "de_DE.utf8"], true, true),
    (["TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C"], false, true),
    (["TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1"], true, false),
    (["TERM": "dumb", "LANG": "C.UTF-8"], false, false), (["LANG": "C.UTF-8"], false, false),
  ])
  func theEnvironmentSaysHow(environment: [String: String], isUnicode: Bool, isColored: Bool) {
    #expect(
      Style(width: 80, environment: environment)
        == Style(width: 80, isUnicode: isUnicode, isColored: isColored))
  }
}
