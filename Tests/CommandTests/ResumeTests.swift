import Foundation
import Testing

/// The output of `cnn train --resume`, and the files that an interrupted or failing run leaves.
struct ResumeTests {
  /// Trains the tiny config in `run` until some epochs are done, and sends a signal.
  private func cutOff(_ sandbox: Sandbox, _ signal: Int32, _ options: String) throws -> Sandbox.Outcome {
    let run = try sandbox.start("train --config tiny.json --quiet --output run \(options)")
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    usleep(.random(in: 0...50_000))
    run.send(signal)
    return try run.wait()
  }

  @Test(arguments: [SIGKILL, SIGINT, SIGTERM])
  func resumesToTheSameFiles(signal: Int32) throws {
    let sandbox = try Sandbox()
    let options = "--epochs 40 --set train.checkpoint.every_steps=3 --set train.checkpoint.keep=2"
    try sandbox.trainTiny("--quiet --output whole \(options)")
    let whole = try sandbox.files(below: "whole")
    let outcome = try cutOff(sandbox, signal, options)
    #expect(outcome.status == 128 + signal && !sandbox.has("run/model.ckpt"))
    let resumed = try sandbox.run("train --resume run --threads 3")
    #expect(resumed.status == 0 && resumed.errors.isEmpty)
    #expect(resumed.output.contains("Resuming from run/checkpoints/last.ckpt at epoch "))
    #expect(try sandbox.files(below: "run") == whole)
    let epochs = try sandbox.lines(of: "run/metrics.csv").dropFirst().map { Int($0.prefix { $0 != "," }) }
    #expect(epochs == Array(1...40))
  }

  @Test func namesSkippedCheckpoints() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --output run --set train.checkpoint.keep=1")
    try sandbox.write("not a checkpoint", to: "run/checkpoints/last.ckpt")
    let outcome = try sandbox.run("train --resume run")
    #expect(outcome.status == 0)
    #expect(outcome.errors.hasPrefix("skipped run/checkpoints/last.ckpt: byte 0: "))
    #expect(outcome.output.contains("Resuming from run/checkpoints/epoch-0002.ckpt at its end\n"))
  }

  @Test func faultsAreAsRecorded() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --output run")
    try sandbox.write(Array(sandbox.read("run/checkpoints/last.ckpt")), to: "copy.ckpt")
    try sandbox.write("", to: "empty/config.json")
    let before = try sandbox.files(below: "run")
    var snapshot = Snapshot(sandbox)
    for option in [
      "--config lenet", "--batch-size 3", "--lr 0.1", "--seed 7", "--set train.epochs=9", "--init run",
      "--force",
      "--epochs 1", "--epochs 0", "--output run",
    ] {
      try snapshot.run("train --resume run \(option)")
    }
    for path in ["nosuch", "empty", "copy.ckpt", "run/model.ckpt", "tiny.json"] {
      try snapshot.run("train --resume \(path)")
    }
    try snapshot.expect("resume-faults")
    #expect(try sandbox.files(below: "run") == before)
  }

  @Test func dryRunAndPrintConfigWriteNothing() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --output run")
    let before = try sandbox.files(below: "run")
    let printed = try sandbox.run("train --resume run --epochs 5 --print-config")
    #expect(printed.output.contains("\"epochs\": 5"))
    let dry = try sandbox.run("train --resume run --epochs 5 --dry-run")
    #expect(dry.lines.last == "Dry run: config and data are valid; nothing was written.")
    #expect(try sandbox.files(below: "run") == before)
    let json = try sandbox.run("train --resume run --epochs 3 --json").jsonLines()
    #expect(json.map { $0["event"] as? String } == ["start", "epoch", "done"])
    #expect((json[0]["resumed"] as? [String: Any])?["epoch"] as? Int == 2)
  }

  @Test func oneRunPerFolder() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.start("train --config tiny.json --epochs 1000000 --output run")
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    for command in [
      "--resume run", "--resume run/checkpoints/best.ckpt", "--config tiny.json --output run --force",
    ] {
      let second = try sandbox.run("train \(command)")
      #expect(second.status == 74 && second.errors == "run: another run is writing to this folder\n")
    }
    run.send(SIGINT)
    #expect(try run.wait().status == 130)
  }

  // MARK: Outputs that fail

  /// Twenty synthetic digits and 650 weights: a checkpoint of some 5 KB.
  private static let smallConfig = """
    {
      "name": "small",
      "data": { "dataset": "builtin", "builtin": { "train": 20, "test": 10 } },
      "model": { "input": [1, 8, 8], "layers": ["flatten", { "type": "dense", "units": 10 }] },
      "optimizer": "sgd", "train": { "epochs": 1000 }
    }
    """

  @Test(.disabled(if: Sanitizer.current == .thread, "it maps files larger than these limits"))
  func aFullDiskLeavesCompleteRowsAndAResumableRun() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Self.smallConfig, to: "small.json")
    // The rows reach a limit that checkpoints stay below.
    let outcome = try sandbox.run("train --config small.json --quiet --output run", after: "ulimit -f 24")
    #expect(outcome.status == 74)
    #expect(outcome.errors == "run/events.jsonl: File too large\n")
    #expect(try sandbox.read("run/events.jsonl").last == UInt8(ascii: "\n"))
    let rows = try sandbox.lines(of: "run/metrics.csv").count
    #expect(rows > 5)
    #expect(try sandbox.run("train --resume run --epochs \(rows + 1) --quiet").status == 0)
    #expect(try sandbox.lines(of: "run/metrics.csv").count == rows + 2)
  }

  @Test(.disabled(if: Sanitizer.current == .thread, "it maps files larger than these limits"))
  func aSaveThatFailsLeavesEveryFileAsItWas() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Self.smallConfig, to: "small.json")
    #expect(try sandbox.run("train --config small.json --epochs 2 --quiet --output run").status == 0)
    let before = try sandbox.files(below: "run")
    let resumed = try sandbox.run("train --resume run --epochs 4", after: "ulimit -f 6")
    #expect(resumed.status == 74 && resumed.errors == "run/checkpoints/last.ckpt: File too large\n")
    #expect(try sandbox.files(below: "run") == before)
    let sheet = try sandbox.run(
      "show --config small.json --count 100 --output sheet.pgm", after: "ulimit -f 1")
    #expect(sheet.status == 74 && sheet.errors == "sheet.pgm: File too large\n")
    #expect(!sandbox.has("sheet.pgm"))
  }

  @Test func aFolderThatDisappearsIsNamed() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Self.smallConfig, to: "small.json")
    let run = try sandbox.start("train --config small.json --epochs 1000000 --quiet --output run")
    sandbox.wait { sandbox.has("run/checkpoints/best.ckpt") }
    try FileManager.default.moveItem(
      atPath: "\(sandbox.folder)/run/checkpoints", toPath: "\(sandbox.folder)/gone")
    let outcome = try run.wait()
    #expect(outcome.status == 74)
    #expect(
      outcome.errors.hasPrefix("run/checkpoints/")
        && outcome.errors.hasSuffix(": No such file or directory\n"))
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0, "a device that is always full"))
  func outputThatCannotBeWrittenIsAnError() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Self.smallConfig, to: "small.json")
    let outcome = try sandbox.run(
      "train --config small.json --output run", after: "exec > /dev/full")
    #expect(outcome.status == 74 && outcome.errors == "standard output: No space left on device\n")
  }
}
