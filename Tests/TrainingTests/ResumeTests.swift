import FileIO
import Foundation
import Testing
import TestSupport
import Training

/// A resumed run ends with the same files as one that was never interrupted.
@Suite(.serialized) struct ResumeTests {
  @Test(
    "A run stopped after any step resumes to the same bytes, for any number of threads",
    arguments: [
      #"{ "type": "adam", "lr": 0.02, "schedule": "cosine" }"#,
      #"{ "type": "sgd", "lr": 0.1, "momentum": 0.9 }"#, #"{ "type": "adagrad", "lr": 0.05 }"#,
    ])
  func interrupted(optimizer: String) throws {
    let config = try CutOff.config(optimizer: optimizer)
    try withTemporaryFolder { folder in
      try CutOff.start(config, in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole")
      for step in 1...11 {
        let run = "\(folder)/\(step)"
        try CutOff.start(config, in: run, stop: step, threads: 1 + step % 3)
        #expect(try Checkpoint(contentsOf: "\(run)/checkpoints/last.ckpt").progress.step == step)
        try Small.resume(run, threads: 1 + step % 2)
        try CutOff.expectSame(run, whole, "step \(step)")
      }
    }
  }

  @Test("The rest of an epoch gets the same augmented images")
  func augmented() throws {
    let config = try CutOff.config(
      augment:
        #""shift", "rotate", "scale", "shear", "elastic", "erase", { "type": "noise", "probability": 0.5 }"#)
    try withTemporaryFolder { folder in
      try CutOff.start(config, in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole")
      for step in [2, 3, 7] {
        let run = "\(folder)/\(step)"
        try CutOff.start(config, in: run, stop: step, threads: step)
        try Small.resume(run, threads: 4)
        try CutOff.expectSame(run, whole, "step \(step)")
      }
      try CutOff.start(CutOff.config(), in: "\(folder)/plain")
      #expect(try CutOff.files("\(folder)/plain")["model.ckpt"] != whole["model.ckpt"])
    }
  }

  @Test("Killed twice, at any step, with saves within epochs", arguments: [1, 2, 5])
  func killed(everySteps: Int) throws {
    let config = try CutOff.config(checkpoint: "\"keep\": 2, \"every_steps\": \(everySteps)")
    try withTemporaryFolder { folder in
      try CutOff.start(config, in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole")
      for step in 1...12 {
        let run = "\(folder)/\(step)"
        try CutOff.start(config, in: run, kill: step)
        let saved = try Checkpoint(contentsOf: "\(run)/checkpoints/last.ckpt").progress.step
        #expect(saved == max(step / everySteps * everySteps, (step - 1) / 3 * 3))
        var steps = 0
        #expect(throws: CutOff.Killed.self) {
          try Small.resume(run) { event, _ in
            if case .step? = event { steps += 1 }
            if steps == 2 || saved + steps == 12 { throw CutOff.Killed() }
          }
        }
        try Small.resume(run)
        try CutOff.expectSame(run, whole, "step \(step)")
      }
    }
  }

  @Test("Checkpoints every n seconds")
  func everySeconds() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(checkpoint: #""every_seconds": 0"#), in: "\(folder)/a", kill: 5)
      #expect(try Checkpoint(contentsOf: "\(folder)/a/checkpoints/last.ckpt").progress.step == 5)
      try CutOff.start(CutOff.config(checkpoint: #""every_seconds": 1000"#), in: "\(folder)/b", kill: 5)
      #expect(try Checkpoint(contentsOf: "\(folder)/b/checkpoints/last.ckpt").progress.step == 3)
    }
  }

  @Test("The last epochs' checkpoints are kept")
  func history() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(checkpoint: #""keep": 3"#), in: folder)
      let names = try listing("\(folder)/checkpoints")
      #expect(names == ["best.ckpt", "epoch-0002.ckpt", "epoch-0003.ckpt", "epoch-0004.ckpt", "last.ckpt"])
      for epoch in 2...4 {
        let path = "\(folder)/checkpoints/epoch-000\(epoch).ckpt"
        #expect(try Checkpoint(contentsOf: path).progress.epoch == epoch)
      }
      try Small.run(CutOff.config(epochs: 1, checkpoint: ""), in: folder, overwrite: true)
      #expect(try listing("\(folder)/checkpoints") == ["best.ckpt", "last.ckpt"])
    }
  }

  @Test("The oldest checkpoint is removed only after the new one is saved")
  func pruning() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      try CutOff.start(CutOff.config(checkpoint: #""keep": 1"#), in: run, stop: 6)
      try AtomicFile.createFolder("\(run)/checkpoints/epoch-0003.ckpt/in the way")
      let said = message(in: folder) { try Small.resume(run) }
      #expect(said.hasPrefix("DIR/run/checkpoints/epoch-0003.ckpt: "))
      #expect(try Checkpoint(contentsOf: "\(run)/checkpoints/epoch-0002.ckpt").progress.epoch == 2)
      #expect(try Checkpoint(contentsOf: "\(run)/checkpoints/last.ckpt").progress.epoch == 3)
    }
  }

  // MARK: The end of a run

  @Test("A finished run resumes for more epochs, as if it had been configured with them")
  func extended() throws {
    let optimizer = #"{ "type": "adam", "lr": 0.02 }"#
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(optimizer: optimizer), in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole")
      for epochs in [1, 2] {
        let run = "\(folder)/\(epochs)"
        try CutOff.start(CutOff.config(epochs: epochs, optimizer: optimizer), in: run)
        try Small.resume(run, epochs: 4)
        try CutOff.expectSame(run, whole, "after \(epochs)")
      }
    }
  }

  @Test("A longer run with a cosine continues at the rates of the longer cosine, with a notice")
  func extendedCosine() throws {
    try withTemporaryFolder { folder in
      func rates() throws -> [Substring] {
        try lines("\(folder)/run/metrics.csv").dropFirst().map { $0.split(separator: ",")[5] }
      }
      try CutOff.start(CutOff.config(epochs: 2), in: "\(folder)/run")
      let short = try rates()
      let (run, _) = try Small.resume("\(folder)/run", epochs: 4)
      #expect(
        run.notices == [
          "the learning rate now follows the cosine of a run of 4 epochs instead of 2"
        ])
      let long = try Small.train(CutOff.config()).epochs.map { "\($0.learningRate)" }
      #expect(try rates().map(String.init) == short.map(String.init) + long[2...])
    }
  }

  @Test("A run that has ended or stopped early only writes its end again")
  func ended() throws {
    try withTemporaryFolder { folder in
      for (name, train) in [("whole", ""), ("early", #""shuffle": false,"#)] {
        let run = "\(folder)/\(name)"
        let optimizer = name == "early" ? #"{ "type": "sgd", "lr": 0 }"# : #"{ "type": "adam" }"#
        try Small.run(CutOff.config(epochs: 6, optimizer: optimizer, train: train), in: run)
        let before = try CutOff.files(run)
        try removeFile("\(run)/model.ckpt")
        let (_, result) = try Small.resume(run)
        #expect(result.outcome == .finished || name == "early" && result.outcome == .stoppedEarly)
        try CutOff.expectSame(run, before, "\(name)")
        #expect(try lines("\(run)/events.jsonl").filter { $0.contains("\"done\"") }.count == 1)
      }
    }
  }

  @Test("If the checkpoint of the best epoch is lost, the best of the next epochs is chosen, with a notice")
  func bestIsLost() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(checkpoint: ""), in: folder, stop: 7)
      try CutOff.damage("\(folder)/checkpoints/best.ckpt")
      let (run, result) = try Small.resume(folder)
      #expect(run.notices.count == 1 && run.notices[0].hasPrefix("no readable checkpoint of epoch 2"))
      #expect((result.bestEpoch ?? 0) > 2)
    }
  }

  // MARK: Folders and rows

  @Test("Rows after the checkpoint are dropped, truncated ones too, and none is duplicated")
  func rows() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: "\(folder)/whole")
      let run = "\(folder)/run"
      try CutOff.start(CutOff.config(), in: run, stop: 7)
      let (metrics, events) = (try contents("\(run)/metrics.csv"), try contents("\(run)/events.jsonl"))
      try write(metrics + Array("3,1,2,3,4,5,6,7\n4,1,2".utf8), "\(run)/metrics.csv")
      try write(
        events + Array("{\"event\":\"epoch\",\"epoch\":3}\n{\"event\":\"epo".utf8), "\(run)/events.jsonl")
      try Small.resume(run)
      try CutOff.expectSame(run, CutOff.files("\(folder)/whole"), "rows")
      let names = try lines("\(run)/events.jsonl").map { try Small.json($0)["event"]?.string }
      #expect(names == ["start", "epoch", "epoch", "start", "epoch", "epoch", "done"])
      let resumed = try Small.json(lines("\(run)/events.jsonl")[3])["resumed"]
      #expect(resumed?["epoch"] == 2 && resumed?["step"] == 1)
      #expect(resumed?["checkpoint"]?.string == "\(run)/checkpoints/last.ckpt")
    }
  }

  @Test("A checkpoint in a run folder resumes that run; a checkpoint elsewhere needs a new folder")
  func places() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole"), run = "\(folder)/run"
      try CutOff.start(CutOff.config(), in: run)
      try Small.resume("\(run)/checkpoints/epoch-0003.ckpt")
      try CutOff.expectSame(run, whole, "back to epoch 3")
      try write(contents("\(run)/checkpoints/epoch-0003.ckpt"), "\(folder)/copy.ckpt")
      #expect(
        message(in: folder) { try Small.resume("\(folder)/copy.ckpt") }
          == "DIR/copy.ckpt: this checkpoint is not in a run folder; name a new folder with --output DIR")
      try Small.resume("\(folder)/copy.ckpt", output: "\(folder)/new")
      #expect(try contents("\(folder)/new/checkpoints/last.ckpt") == whole["checkpoints/last.ckpt"])
      #expect(try lines("\(folder)/new/metrics.csv").count == 2)
      try Small.resume("\(run)/checkpoints/epoch-0003.ckpt", output: "\(folder)/branch")
      #expect(try CutOff.files("\(folder)/branch")["metrics.csv"] == whole["metrics.csv"])
      try CutOff.expectSame(run, whole, "branched off")
      #expect(
        message { try Small.resume(run, output: "\(folder)/new") }.contains("the folder already holds a run"))
    }
  }

  @Test("A folder that was moved can be resumed, by one run at a time")
  func moved() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: "\(folder)/whole")
      try CutOff.start(CutOff.config(), in: "\(folder)/a", stop: 5)
      try FileManager.default.moveItem(atPath: "\(folder)/a", toPath: "\(folder)/b")
      do {
        let first = try RunFolder.open(resuming: "\(folder)/b")
        #expect(
          message(in: folder) { _ = try RunFolder.open(resuming: "\(folder)/b/checkpoints/last.ckpt") }
            == "DIR/b: another run is writing to this folder")
        #expect(first.path == "\(folder)/b")
      }
      try Small.resume("\(folder)/b")
      try CutOff.expectSame("\(folder)/b", CutOff.files("\(folder)/whole"), "moved")
    }
  }

  @Test("Temporary files of a killed save are removed, and nothing else")
  func leftovers() throws {
    try withTemporaryFolder { folder in
      try CutOff.start(CutOff.config(), in: folder, stop: 5)
      let before = try listing(folder)
      for name in [
        ".config.json.1z9.tmp", "checkpoints/.last.ckpt.3w5e11264sgsf.tmp", "checkpoints/.notes.tmp",
      ] {
        try write([1], "\(folder)/\(name)")
      }
      _ = try RunFolder.open(resuming: folder)
      #expect(try listing(folder) == (before + ["checkpoints/.notes.tmp"]).sorted())
    }
  }
}
