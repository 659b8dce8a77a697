import Foundation
import Testing

struct InterruptionTests {
  @Test(arguments: [(SIGHUP, 129), (SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func aSignalSavesAndEnds(signal: Int32, status: Int32) throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.start("train --config tiny.json --epochs 1000000 --output run")
    let clock = ContinuousClock()
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    let sent = clock.now
    run.send(signal)
    let outcome = try run.wait()
    #expect(clock.now - sent < .seconds(2))
    #expect(outcome.status == status)
    let line = sandbox.normalized(outcome.errors).replacing(/epoch \d+/, with: "epoch #")
    #expect(line == "stopped after #s at epoch #; saved in run/checkpoints/last.ckpt\n")
    #expect(!sandbox.has("run/model.ckpt"))
    #expect(try sandbox.run("eval run/checkpoints/last.ckpt").status == 0)
    let last = try sandbox.lines(of: "run/events.jsonl").last ?? ""
    #expect(last.contains(#""event":"done","outcome":"interrupted""#))
  }

  @Test(arguments: ["summary", "schema"])
  func aClosedPipeIsNoError(command: String) throws {
    let outcome = try Sandbox().run(command, output: .closedPipe)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: ["", "--json"])
  func aClosedPipeEndsARunThatCanBeResumed(option: String) throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --output whole")
    let outcome = try sandbox.run("train --config tiny.json --output run \(option)", output: .closedPipe)
    #expect(outcome.status == 141)
    #expect(outcome.errors.isEmpty)
    #expect(!sandbox.has("run/model.ckpt"))
    #expect(try sandbox.run("train --resume run --quiet").status == 0)
    #expect(try sandbox.files(below: "run") == sandbox.files(below: "whole"))
  }

  @Test func aQuietRunNeedsNoReader() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    #expect(try sandbox.run("train --config tiny.json --quiet", output: .closedPipe).status == 0)
    #expect(sandbox.has("runs/tiny/model.ckpt"))
  }

  @Test func aSecondSignalEndsItAtOnce() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    // Steps long enough for both signals to come within one.
    let run = try sandbox.start(
      "train --config tiny.json --epochs 1000 --threads 1 --set data.builtin.train=4000 --batch-size 4000 --output run"
    )
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    run.send(SIGINT)
    run.send(SIGTERM)
    let outcome = try run.wait()
    #expect(outcome.status == 143 && outcome.errors.isEmpty)
    #expect(try sandbox.lines(of: "run/events.jsonl").last?.contains("interrupted") == false)
    #expect(try sandbox.run("eval run/checkpoints/last.ckpt").status == 0)
  }

  @Test(
    "a signal that a shell or nohup lets it ignore is ignored", arguments: [("INT", SIGINT), ("HUP", SIGHUP)])
  func anIgnoredSignal(name: String, signal: Int32) throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.start(
      "train --config tiny.json --epochs 1000000 --output run", after: "trap '' \(name)")
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    run.send(signal)
    let rows = try sandbox.lines(of: "run/metrics.csv").count
    sandbox.wait { (try? sandbox.lines(of: "run/metrics.csv").count) ?? 0 > rows + 1 }
    run.send(SIGTERM)
    #expect(try run.wait().status == 143)
  }

  @Test func aTerminalThatVanishesEndsARunThatIsSaved() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let terminal = try Terminal(columns: 80, isRead: false)
    let run = try sandbox.start(
      "train --config tiny.json --epochs 1000000 --output run --quiet", output: .terminal(terminal))
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    terminal.hangUp()
    #expect(try run.wait().status == 129)
    #expect(try sandbox.run("eval run/checkpoints/last.ckpt").status == 0)
  }

  @Test func withNohupARunOutlivesItsTerminal() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let terminal = try Terminal(columns: 80, isRead: false)
    let run = try sandbox.start(
      "train --config tiny.json --epochs 1000000 --output run", output: .terminal(terminal),
      after: "trap '' HUP")
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    terminal.hangUp()
    let rows = try sandbox.lines(of: "run/metrics.csv").count
    sandbox.wait { (try? sandbox.lines(of: "run/metrics.csv").count) ?? 0 > rows + 5 }
    #expect(try sandbox.lines(of: "run/metrics.csv").count > rows + 5)
    run.send(SIGTERM)
    #expect(try run.wait().status == 143)
  }
}
