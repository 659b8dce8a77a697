import Testing

struct HelpTests {
  /// The names of all commands, as the program itself tells them.
  static let commands = (try? Help.commands())?.map(\.name) ?? []

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
    #expect(help.output.contains("\n\nExample: cnn \(command)") || command.isEmpty)
    #expect(help.status == 0 && help.errors.isEmpty)
  }

  @Test func withoutAnyWordTheHelpIsPrinted() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("").output == sandbox.run("--help").output)
  }

}
