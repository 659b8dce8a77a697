import CNNEngine
import Foundation
import Testing
import Training

struct TrainTests {
  @Test func printsWhatItDoesAndWritesItsFolder() throws {
    let sandbox = try Sandbox()
    let outcome = try sandbox.trainTiny()
    // Losses depend on the CPU's arithmetic in their last digits.
    let text = sandbox.normalized(outcome.output).replacing(/\d\.\d{4}/, with: "#.####")
      .replacing(/\(\d+ of 100\)/, with: "(# of 100)").replacing(/best epoch [12]/, with: "best epoch #")
    #expect(
      text == """
        builtin (synthetic digits): 300 training images, 100 test images
        x [300, 1, 28, 28] bytes, y [300] in 10 classes
        tiny: 5,874 parameters, adam lr 0.001, batches of 32, seed 42
        CPU (<cpu>), 2 threads, writing to runs/tiny
        Epoch 1/2  loss #.####  accuracy #.####  val_loss #.####  val_accuracy #.####  #s  #ms/step  # img/s
        Epoch 2/2  loss #.####  accuracy #.####  val_loss #.####  val_accuracy #.####  #s  #ms/step  # img/s
        Time elapsed: #s; best epoch #: val_accuracy #.####
        Test: loss #.####  accuracy #.####  (# of 100)
        Checkpoint: runs/tiny/model.ckpt

        """)
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let files = ["model.ckpt", "checkpoints/best.ckpt", "checkpoints/last.ckpt"]
    for file in files { #expect(sandbox.has("runs/tiny/\(file)")) }
    let config = try sandbox.run("train --config tiny.json --print-config").output
    #expect(try String(decoding: sandbox.read("runs/tiny/config.json"), as: UTF8.self) == config)
    let metrics = try sandbox.lines(of: "runs/tiny/metrics.csv").map { $0.split(separator: ",") }
    #expect(metrics.map(\.count) == [8, 8, 8])
    #expect(
      metrics[0].joined(separator: ",")
        == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second")
    #expect(metrics[1][0] == "1" && metrics[2][0] == "2")
  }

  @Test func namesTheAugmentation() throws {
    let changes = #"--set data.augment=["rotate",{"type":"shift"}]"#
    let outcome = try Sandbox().run("train --data builtin --dry-run \(changes)")
    #expect(outcome.lines.contains("training images augmented in every epoch: rotate, shift"))
  }

  @Test func jsonLinesAreTheEventsOfTheRunFolder() throws {
    let sandbox = try Sandbox()
    let outcome = try sandbox.trainTiny("--json")
    #expect(outcome.lines == (try sandbox.lines(of: "runs/tiny/events.jsonl")))
    #expect(outcome.errors.isEmpty)
    let events = try outcome.jsonLines()
    #expect(events.map { $0["event"] as? String } == ["start", "epoch", "epoch", "done"])
    for epoch in events[1...2] {
      for key in ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "images_per_second"] {
        #expect(epoch[key] is NSNumber, "\(key)")
      }
    }
    #expect(events[3]["checkpoint"] as? String == "runs/tiny/model.ckpt")
    #expect(events[3]["best_epoch"] is Int && events[3]["test_accuracy"] is Double)
  }

  @Test func quietAndDryRun() throws {
    let sandbox = try Sandbox()
    let quiet = try sandbox.trainTiny("--quiet")
    #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
    #expect(sandbox.has("runs/tiny/model.ckpt"))
    #expect(
      try sandbox.trainTiny("--dry-run").lines.last
        == "Dry run: config and data are valid; nothing was written.")
    #expect(try sandbox.trainTiny("--dry-run --quiet").output.isEmpty)
    let json = try sandbox.trainTiny("--dry-run --json").jsonLines()
    #expect(json.count == 1 && json.first?["event"] as? String == "dry_run")
    #expect(!sandbox.has("runs/tiny-2"))
  }

  @Test func findsALearningRateWithoutARun() throws {
    let sandbox = try Sandbox()
    let text = try sandbox.trainTiny("--find-lr")
    #expect(text.status == 0 && text.errors.isEmpty)
    #expect(text.lines.contains("Loss of tiny by learning rate") && !sandbox.has("runs"))
    #expect(text.lines.contains { $0.hasPrefix("Suggested: --lr 0.0") })
    let json = try #require(try sandbox.trainTiny("--find-lr --json --output test").jsonLines().first)
    let rates = try #require(json["learning_rate"] as? [Double])
    #expect(json["event"] as? String == "find_lr" && json["suggestion"] is Double)
    #expect(rates.count == (json["loss"] as? [Double])?.count)
    #expect(rates.count == (json["smoothed_loss"] as? [Double])?.count)
    #expect(try sandbox.lines(of: "test/find-lr.csv").count == rates.count + 1)
    #expect(sandbox.has("test/find-lr.svg") && !sandbox.has("test/config.json"))
    #expect(try sandbox.trainTiny("--find-lr --set train.batch_size=300").status == 0)
  }

  @Test func runsGetFoldersOfTheirOwn() throws {
    let sandbox = try Sandbox()
    for _ in 1...3 { try sandbox.trainTiny("--quiet --epochs 1") }
    #expect(sandbox.has("runs/tiny/model.ckpt") && sandbox.has("runs/tiny-3/model.ckpt"))
    #expect(!sandbox.has("runs/tiny-4"))
  }

  @Test func outputsThatCannotBeWritten() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --output there")
    try sandbox.write("", to: "file")
    let before = try sandbox.read("there/model.ckpt")
    var snapshot = Snapshot(sandbox)
    for output in ["there", "file", "file/below"] {
      try snapshot.run("train --config tiny.json --output \(output)")
    }
    try snapshot.expect("output-faults")
    #expect(try sandbox.read("there/model.ckpt") == before)
    #expect(try sandbox.trainTiny("--quiet --output there --seed 7 --force").status == 0)
    #expect(try sandbox.read("there/model.ckpt") != before)
    // If the new run cannot save, the old one is kept.
    try sandbox.write("old", to: "blocked/model.ckpt")
    try sandbox.write("", to: "blocked/checkpoints/last.ckpt/file")
    #expect(try sandbox.run("train --config tiny.json --quiet --output blocked --force").status == 74)
    #expect(sandbox.has("blocked/model.ckpt"))
  }

  @Test func theSameSeedGivesTheSameBitsForAnyNumberOfThreads() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    for threads in 1...3 {
      let options = "--config tiny.json --quiet --threads \(threads) --output t\(threads)"
      #expect(try sandbox.run("train \(options)").status == 0)
    }
    let model = try sandbox.read("t1/model.ckpt")
    #expect(try sandbox.read("t2/model.ckpt") == model)
    #expect(try sandbox.read("t3/model.ckpt") == model)
    try sandbox.trainTiny("--quiet --seed 43 --output other")
    #expect(try sandbox.read("other/model.ckpt") != model)
  }

  @Test func startsFromTheWeightsOfACheckpointOrARun() throws {
    let sandbox = try Sandbox()
    let first = try sandbox.trainTiny("--json --epochs 6").jsonLines()
    for weights in ["runs/tiny", "runs/tiny/model.ckpt"] {
      let next = try sandbox.trainTiny("--json --epochs 1 --init \(weights)").jsonLines()
      let before = try #require(first[1]["loss"] as? Double), after = try #require(next[1]["loss"] as? Double)
      #expect(after < 0.8 * before)
    }
    var snapshot = Snapshot(sandbox)
    for weights in ["nosuch.ckpt", "tiny.json", "runs"] {
      try snapshot.run("train --config tiny.json --init \(weights)")
    }
    try snapshot.run("train --config lenet --data builtin --init runs/tiny")
    try snapshot.expect("init-faults")
  }

  @Test func withoutAConfigTheNetworkOfTheInitialWeightsIsTrained() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 6")
    #expect(try sandbox.run("export runs/tiny --format onnx --output small.onnx").status == 0)
    let data = "--data builtin --set data.builtin.train=500 --set data.builtin.test=50"
    for (weights, options) in [("runs/tiny", ""), ("small.onnx", data)] {
      let outcome = try sandbox.run(
        "train --init \(weights) --epochs 1 --json --output next --force \(options)")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let events = try outcome.jsonLines()
      #expect(events[0]["name"] as? String == (weights == "runs/tiny" ? "tiny" : "small"))
      // Random weights begin above 2.
      #expect(try #require(events[1]["loss"] as? Double) < 1.5, "\(weights)")
    }
  }

  @Test func initialWeightsAreLookedAtBeforeData() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Array("no weights".utf8), to: "notes.txt")
    let outcome = try sandbox.run("train --init notes.txt")
    #expect(outcome.status == 65)
    #expect(outcome.errors.hasPrefix("notes.txt: ") && outcome.errors.count { $0 == "\n" } == 1)
  }

  @Test func aRunOrItsCheckpointIsAConfig() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    for config in ["runs/tiny", "runs/tiny/model.ckpt"] {
      let printed = try sandbox.run("train --config \(config) --print-config").output
      #expect(try String(decoding: sandbox.read("runs/tiny/config.json"), as: UTF8.self) == printed)
    }
  }

  @Test func earlyStopIsASuccess() throws {
    let sandbox = try Sandbox()
    let outcome = try sandbox.trainTiny(
      "--set train.epochs=50 --set train.early_stop.monitor=val_loss --set train.early_stop.patience=0 --lr 0.03"
    )
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Stopped early: no better val_loss for 1 epoch\n"))
  }

  @Test func divergenceNamesTheStepAndARateToTry() throws {
    let sandbox = try Sandbox()
    let data = "--data builtin --set data.builtin.train=300 --set data.builtin.test=100"
    let outcome = try sandbox.run("train --config lenet --set data.validation=null \(data) --lr 1e6 --quiet")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(" not finite at epoch 1, step "))
    #expect(outcome.errors.hasSuffix("; lower the learning rate (--lr 100000.0, it was 1000000.0)\n"))
    #expect(!sandbox.has("runs/lenet/model.ckpt"))
  }

  @Test(.enabled(if: Repository.mnist != nil, "needs MNIST in CNN_DATA_DIR"))
  func classifiesMNISTAfterOneEpoch() throws {
    let sandbox = try Sandbox()
    let options = "--config lenet --epochs 1 --json --data \(Repository.mnist ?? "")"
    let events = try sandbox.run("train \(options)").jsonLines()
    #expect(events.first?["train_images"] as? Int == 55_000)
    #expect(try #require(events.last?["test_accuracy"] as? Double) > 0.97)
    let seen = try sandbox.run("eval runs/lenet --min-accuracy 0.97 --data \(Repository.mnist ?? "")")
    #expect(seen.status == 0)
  }
}
