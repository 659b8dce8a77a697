import Foundation
import Testing

/// Runs whose folder is moved or deleted while they write into it.
struct MovedRunTests {
  /// Starts a run in `runs/tiny`, and stops its process in the middle.
  private func stopped(_ sandbox: Sandbox, _ options: String) throws -> RunningCommand {
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.start("train --config tiny.json \(options)")
    sandbox.wait { sandbox.has("runs/tiny/checkpoints/best.ckpt") }
    run.send(SIGSTOP)
    #expect(!sandbox.has("runs/tiny/model.ckpt"), "it has not ended")
    return run
  }

  private func move(_ sandbox: Sandbox, to path: String) throws {
    let target = URL(filePath: "\(sandbox.folder)/\(path)")
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.moveItem(at: URL(filePath: "\(sandbox.folder)/runs/tiny"), to: target)
  }

  /// The columns of `metrics.csv` without those that the clock decides.
  private func rows(_ sandbox: Sandbox, _ run: String) throws -> [String] {
    try sandbox.lines(of: "\(run)/metrics.csv").map {
      $0.split(separator: ",").prefix(6).joined(separator: ",")
    }
  }

  @Test func aMovedRunAndANewOneInItsPlaceDoNotMeet() throws {
    let sandbox = try Sandbox()
    let options = "--epochs 40"
    for seed in 1...2 { try sandbox.trainTiny("--quiet --output whole\(seed) --seed \(seed) \(options)") }
    let first = try stopped(sandbox, "--seed 1 \(options)")
    try move(sandbox, to: "runs/old")
    let locked = try sandbox.run("train --resume runs/old")
    #expect(locked.status == 74 && locked.errors == "runs/old: another run is writing to this folder\n")
    let second = try sandbox.start("train --config tiny.json --seed 2 \(options)")
    sandbox.wait { sandbox.has("runs/tiny/checkpoints/best.ckpt") }
    first.send(SIGCONT)
    for outcome in [try first.wait(), try second.wait()] {
      #expect(outcome.status == 0 && outcome.output.contains("runs/tiny/model.ckpt"), "\(outcome.errors)")
    }
    for (run, whole) in [("runs/old", "whole1"), ("runs/tiny", "whole2")] {
      #expect(try sandbox.files(below: run) == sandbox.files(below: whole))
      #expect(try rows(sandbox, run) == rows(sandbox, whole))
    }
    #expect(try rows(sandbox, "runs/old") != rows(sandbox, "runs/tiny"))
    #expect(!sandbox.has("runs/tiny-2"))
  }

  @Test func aMovedRunTakesEventsAndKeptEpochsAlong() throws {
    let sandbox = try Sandbox()
    let options = "--epochs 40 --tensorboard --set train.checkpoint.keep=2"
    let run = try stopped(sandbox, options)
    let file = try #require(
      FileManager.default.contentsOfDirectory(atPath: "\(sandbox.folder)/runs/tiny/tb/train").first)
    try move(sandbox, to: "elsewhere/deep/run")
    let before = try sandbox.read("elsewhere/deep/run/tb/train/\(file)").count
    run.send(SIGCONT)
    #expect(try run.wait().status == 0)
    #expect(!sandbox.has("runs/tiny"))
    try sandbox.trainTiny("--quiet --output whole \(options)")
    func files(_ run: String) throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: "\(sandbox.folder)/\(run)")
        .filter { !$0.contains("tfevents") }.sorted()
    }
    #expect(try files("elsewhere/deep/run") == files("whole"))
    for name in ["model.ckpt", "checkpoints/last.ckpt", "checkpoints/epoch-0039.ckpt", "config.json"] {
      #expect(try sandbox.read("elsewhere/deep/run/\(name)") == sandbox.read("whole/\(name)"))
    }
    #expect(try sandbox.read("elsewhere/deep/run/tb/train/\(file)").count > before)
    #expect(try rows(sandbox, "elsewhere/deep/run").count == 41)
  }

  @Test func aResumedRunReadsAndWritesTheFolderThatItLocked() throws {
    let sandbox = try Sandbox()
    let options = "--epochs 40 --set train.checkpoint.keep=40"
    try sandbox.trainTiny("--quiet --output whole \(options)")
    try FileManager.default.createDirectory(
      atPath: "\(sandbox.folder)/runs", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(sandbox.folder)/whole", toPath: "\(sandbox.folder)/runs/tiny")
    try FileManager.default.removeItem(atPath: "\(sandbox.folder)/runs/tiny/checkpoints/best.ckpt")
    let run = try sandbox.start("train --resume runs/tiny/checkpoints/epoch-0002.ckpt")
    sandbox.wait { sandbox.has("runs/tiny/checkpoints/best.ckpt") }
    run.send(SIGSTOP)
    try move(sandbox, to: "old")
    run.send(SIGCONT)
    let outcome = try run.wait()
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Resuming from runs/tiny/checkpoints/epoch-0002.ckpt"))
    #expect(!sandbox.has("runs/tiny"))
    #expect(try sandbox.files(below: "old") == sandbox.files(below: "whole"))
  }

  @Test(arguments: [false, true])
  func aDeletedFolderEndsTheRun(hasSuccessor: Bool) throws {
    let sandbox = try Sandbox()
    let run = try stopped(sandbox, "--epochs 1000000 --tensorboard")
    try FileManager.default.removeItem(atPath: "\(sandbox.folder)/runs/tiny")
    if hasSuccessor { try sandbox.trainTiny("--quiet --epochs 1") }
    let before = hasSuccessor ? try sandbox.files(below: "runs/tiny") : [:]
    run.send(SIGCONT)
    let outcome = try run.wait()
    #expect(outcome.status == 74)
    #expect(outcome.errors == "runs/tiny: this folder was deleted while it was written to\n")
    #expect(sandbox.has("runs/tiny") == hasSuccessor)
    if hasSuccessor { #expect(try sandbox.files(below: "runs/tiny") == before) }
  }

  @Test func theLockIsNoPartOfTheRun() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --output run")
    #expect(try sandbox.read("run/.lock").isEmpty)
    // A copy is a run of its own, and a lock that nobody holds is in nobody's way.
    try FileManager.default.copyItem(atPath: "\(sandbox.folder)/run", toPath: "\(sandbox.folder)/copy")
    for command in [
      "report run copy", "train --resume copy --epochs 3 --quiet",
      "train --config tiny.json --quiet --output run --force",
      "eval run",
    ] {
      #expect(try sandbox.run(command).status == 0)
    }
    try FileManager.default.removeItem(atPath: "\(sandbox.folder)/run/.lock")
    try sandbox.write("", to: "run/.lock/in the way")
    let blocked = try sandbox.run("train --resume run --epochs 3")
    #expect(blocked.status == 74)
    #expect(blocked.errors == "run: cannot lock this folder (.lock): Is a directory\n")
  }
}
