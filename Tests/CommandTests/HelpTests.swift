import Testing

struct HelpTests {
  static let commands = ["train", "eval", "predict", "serve", "summary", "bench", "download", "schema"]

  @Test func helpTextsAreAsRecorded() throws {
    var snapshot = Snapshot(try Sandbox())
    try snapshot.run("--help")
    for command in Self.commands { try snapshot.run("\(command) --help") }
    try snapshot.run("--version")
    try snapshot.expect("help")
  }

  @Test func wrongWordsAreNamed() throws {
    var snapshot = Snapshot(try Sandbox())
    for command in [
      "trian", "lenet.json", "train --nosuch", "train --epoch 3", "train extra", "eval", "predict x",
    ] {
      try snapshot.run(command)
    }
    try snapshot.expect("usage")
  }

  @Test(arguments: [""] + commands)
  func helpFits80ColumnsAndHasAnExample(command: String) throws {
    let help = try Sandbox().run("\(command) --help")
    #expect(help.lines.filter { $0.count > 80 } == [])
    #expect(help.output.contains("Example: cnn \(command)") || command.isEmpty)
    #expect(help.status == 0 && help.errors.isEmpty)
  }

  @Test func withoutAnyWordTheHelpIsPrinted() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("").output == sandbox.run("--help").output)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionScriptsNameEveryCommand(shell: String) throws {
    let script = try Sandbox().run("--generate-completion-script \(shell)")
    #expect(script.status == 0)
    for command in Self.commands { #expect(script.output.contains(command)) }
  }
}
