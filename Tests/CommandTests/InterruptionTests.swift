import Foundation
import Testing

struct InterruptionTests {
  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func aSignalSavesAndEnds(signal: Int32, status: Int32) throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.start("train --config tiny.json --epochs 1000000 --output run")
    let clock = ContinuousClock()
    let patience = clock.now + .seconds(30)
    while !sandbox.has("run/checkpoints/last.ckpt"), clock.now < patience { usleep(10_000) }
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
  func aReaderThatLeavesIsNoError(command: String) throws {
    let outcome = try Sandbox().run(command, output: .closedPipe)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: ["", "--json"])
  func trainingGoesOnWithoutAReader(option: String) throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let outcome = try sandbox.run("train --config tiny.json \(option)", output: .closedPipe)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(sandbox.has("runs/tiny/model.ckpt"))
    #expect(try sandbox.lines(of: "runs/tiny/metrics.csv").count == 3)
  }
}
