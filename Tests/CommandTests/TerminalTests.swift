import Foundation
import Testing

/// The program on a terminal: nothing of its progress bars is left over, whatever the window's width.
struct TerminalTests {
  /// Trains a little on a terminal.
  private func train(
    _ sandbox: Sandbox, on terminal: Terminal, _ options: String = "", environment: [String: String] = [:]
  ) throws -> Int32 {
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    return try sandbox.run(
      "train --config tiny.json --threads 1 --output run \(options)", output: .terminal(terminal),
      environment: ["TERM": "xterm", "LANG": "C.UTF-8"].merging(environment) { $1 }
    ).status
  }

  /// The bars that were drawn, as wide as they are on the screen.
  private func bars(in transcript: String) -> [String] {
    transcript.matches(of: /\u{1B}\[\?7l(.*?)\u{1B}\[\?7h/)
      .map { String($0.output.1).replacing(/\u{1B}\[[0-9;]*m/, with: "") }
  }

  @Test(arguments: [20, 60, 80, 200])
  func trainingLeavesTheLinesThatAPipeGets(columns: Int) throws {
    let sandbox = try Sandbox()
    let terminal = try Terminal(columns: columns)
    #expect(try train(sandbox, on: terminal) == 0)
    let screen = Screen(columns: columns, terminal.transcript)
    let piped = try sandbox.run("train --config tiny.json --threads 1 --output run --force")
    #expect(screen.lines.map(sandbox.normalized) == piped.lines.map(sandbox.normalized))
    #expect(screen.cursorIsBelow && !piped.output.contains("\u{1B}"))
    let bars = bars(in: terminal.transcript)
    #expect(bars.count >= 2 && bars.allSatisfy { $0.count < columns && $0.hasPrefix("Epoch ") })
    #expect(bars.contains { $0.contains("━") || $0.contains("─") } == (columns > 20))
  }

  @Test func coloursAndLinesAreLeftOutWhereTheyAreNotWanted() throws {
    let sandbox = try Sandbox()
    func transcript(_ environment: [String: String]) throws -> String {
      let terminal = try Terminal(columns: 80)
      #expect(try train(sandbox, on: terminal, "--force", environment: environment) == 0)
      return terminal.transcript
    }
    #expect(try transcript([:]).contains("\u{1B}[32m"))
    let colourless = try transcript(["NO_COLOR": "1", "LANG": "C"])
    #expect(!colourless.contains(/\u{1B}\[[0-9;]*m/) && colourless.contains(/\[=*\.+\]/))
    #expect(try !transcript(["TERM": "dumb"]).contains("\u{1B}"))
  }

  @Test func controlCLeavesACleanLine() throws {
    let sandbox = try Sandbox()
    let terminal = try Terminal(columns: 60)
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.start(
      "train --config tiny.json --epochs 1000000 --output run", output: .terminal(terminal),
      environment: ["TERM": "xterm"])
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    terminal.type("\u{3}")
    #expect(try run.wait().status == 130)
    let screen = Screen(columns: 60, terminal.transcript)
    #expect(screen.lines.last?.contains(/^stopped after .* saved in run\/checkpoints\/last\.ckpt$/) == true)
    #expect(screen.cursorIsBelow && screen.lines.allSatisfy { !$0.contains("ETA") && !$0.contains("^C") })
  }

  @Test func errorsStandOnALineOfTheirOwn() throws {
    let sandbox = try Sandbox()
    let terminal = try Terminal(columns: 60)
    let data = "--data builtin --set data.builtin.train=300 --set data.builtin.test=100"
    let outcome = try sandbox.run(
      "train --config lenet --set data.validation=null \(data) --lr 1e6", output: .terminal(terminal),
      environment: ["TERM": "xterm"])
    #expect(outcome.status == 1)
    let lines = Screen(columns: 60, terminal.transcript).lines
    #expect(lines.last?.contains(/^\S+ .* not finite at epoch 1, step .* lower the learning rate/) == true)
    #expect(!bars(in: terminal.transcript).isEmpty && lines.allSatisfy { !$0.contains("/5 ") })
  }

  @Test func evaluationAndDownloadCleanUp() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--output run")
    let name = String(repeating: "a-very-long-name/", count: 10)
    for (command, status, label) in [
      ("eval run", 0, "Evaluating "), ("download \(name)", 66, "train-images-idx3-ubyte.gz"),
    ] as [(String, Int32, String)] {
      // The beginning of a gzip file, and then nothing more.
      try sandbox.installCurl(#"printf '\037\213\010\000\000\000\000\000\000\003'"#)
      let terminal = try Terminal(columns: 60)
      let outcome = try sandbox.run(command, output: .terminal(terminal), environment: ["TERM": "xterm"])
      #expect(outcome.status == status)
      let screen = Screen(columns: 60, terminal.transcript)
      let bars = bars(in: terminal.transcript)
      #expect(!bars.isEmpty && bars.allSatisfy { $0.hasPrefix(label) && $0.count < 60 })
      #expect(screen.cursorIsBelow && !screen.lines.contains { $0.hasPrefix(label) })
    }
  }
}
