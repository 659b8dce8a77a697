import Testing

struct ManualTests {
  /// The page as a reader sees it, in words parted by single blanks.
  private func page() throws -> String {
    let outcome = try Sandbox().run("manual")
    #expect(outcome.status == 0 && outcome.lines.first?.hasPrefix(".TH CNN 1 ") == true)
    let text = outcome.output.replacing(/(?m)^\.(nf|fi|br|PP|TP)$/, with: "").replacing(
      #/(?m)^\.S[HS] /#, with: ""
    )
    .replacing(/\\f[BR]/, with: "").replacing("\\-", with: "-").replacing("\\&", with: "")
    .replacing("\\e", with: "\\")
    return words(text)
  }

  private func words(_ text: String) -> String {
    text.split { $0.isWhitespace }.joined(separator: " ")
  }

  @Test func itSaysAllThatTheHelpSays() throws {
    let page = try page()
    let program = try Help.program()
    for command in try [program] + Help.commands() {
      #expect(page.contains(command.name == program.name ? "cnn - " : "cnn \(command.name) "))
      let arguments = command.arguments ?? []
      let texts = [command.abstract, command.discussion] + arguments.map(\.abstract)
      for text in texts.compactMap({ $0 }) + arguments.flatMap(\.words) {
        #expect(page.contains(words(text)), "\(command.name)")
      }
    }
  }

  @Test func noTextIsTakenForACommandOfTroff() throws {
    let lines = try Sandbox().run("manual").lines
    let macros: Set = [".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".br", ".nf", ".fi"]
    for line in lines where line.hasPrefix(".") || line.hasPrefix("'") {
      #expect(macros.contains(line.split(separator: " ").first.map(String.init) ?? ""), "\(line)")
    }
  }
}
