import CNNEngine
import ConfigDecoding
import FileIO
import JSONText
import Testing
import TestSupport
import Training

@Suite(.serialized) struct TrainingRunTests {
  private static let names = ["checkpoints/best.ckpt", "checkpoints/last.ckpt", "model.ckpt"]

  @Test("A run writes its folder, and nothing else")
  func folder() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config()
      let (run, result) = try Small.run(config, in: "\(folder)/a/b")
      #expect(
        try listing("\(folder)/a/b")
          == ["checkpoints"] + Self.names[..<2] + [
            "config.json", "events.jsonl", "metrics.csv", "model.ckpt",
          ])
      let text = try contents("\(folder)/a/b/config.json")
      #expect(try JSON(parsing: text, origin: "config.json") == config.resolved)
      #expect(result.outcome == .finished && result.checkpoint == "\(folder)/a/b/model.ckpt")
      #expect(result.bestEpoch == run.trainer.progress.best?.epoch)
      #expect(try Checkpoint(contentsOf: run.folder.lastCheckpoint).progress == run.trainer.progress)
    }
  }

  @Test("metrics.csv has a row per epoch, with the values of the epoch's event")
  func metrics() throws {
    try withTemporaryFolder { folder in
      var epochs: [EpochMetrics] = []
      try Small.run(
        Small.config(train: #""epochs": 3, "log_every_epochs": 2"#), in: folder,
        report: { event, _ in
          if case .epoch(let metrics, _)? = event { epochs.append(metrics) }
        })
      let rows = try lines("\(folder)/metrics.csv")
      #expect(rows[0] == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second")
      #expect(rows.count == 4 && epochs.count == 3)
      for (row, epoch) in zip(rows.dropFirst(), epochs) {
        let numbers = row.split(separator: ",").map { Double($0) }
        #expect(
          numbers == [
            Double(epoch.epoch), epoch.loss, epoch.accuracy, epoch.validationLoss, epoch.validationAccuracy,
            epoch.learningRate, epoch.seconds, epoch.imagesPerSecond,
          ])
      }
    }
  }

  @Test("Without validation, validation columns are empty, and null in the events")
  func noValidation() throws {
    try withTemporaryFolder { folder in
      try Small.run(Small.config(data: "\"validation\": null", train: "\"epochs\": 1"), in: folder)
      let cells = try lines("\(folder)/metrics.csv")[1].split(
        separator: ",", omittingEmptySubsequences: false)
      #expect(cells.count == 8 && cells[3].isEmpty && cells[4].isEmpty)
      let event = try Small.json(lines("\(folder)/events.jsonl")[1])
      #expect(event["val_loss"] == .null && event["val_accuracy"] == .null && event["best"] == true)
    }
  }

  @Test("events.jsonl has the start, every epoch and the end; the same events are reported")
  func events() throws {
    try withTemporaryFolder { folder in
      var reported: [JSON] = []
      var steps = 0
      let config = try Small.config(train: #""epochs": 2, "batch_size": 100"#)
      let (run, result) = try Small.run(
        config, in: folder, threads: 2,
        report: { progress, event in
          if let event { reported.append(event.json) }
          if case .step? = progress { steps += 1 }
        })
      let events = try lines("\(folder)/events.jsonl").map(Small.json)
      #expect(events == reported && steps == 6)
      #expect(events.compactMap { $0["event"]?.string } == ["start", "epoch", "epoch", "done"])
      func keys(_ json: JSON) -> [String] { (json.members ?? []).map(\.key) }
      #expect(
        keys(events[0]) == [
          "event", "name", "output", "dataset", "data", "train_images", "test_images", "parameters", "epochs",
          "steps_per_epoch", "batch_size", "seed", "threads", "cpu",
        ])
      #expect(
        events[0]["steps_per_epoch"] == 3 && events[0]["threads"] == 2 && events[0]["parameters"] == 1050)
      #expect(
        keys(events[1]) == [
          "event", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "loss_sum", "learning_rate",
          "steps", "seconds", "images_per_second", "best",
        ])
      #expect(events[1]["epoch"] == 1 && events[2]["epoch"] == 2 && events[1]["best"] == true)
      #expect(events[3]["outcome"] == "finished")
      #expect(events[3]["checkpoint"]?.string == run.folder.finalCheckpoint.path)
      #expect(events[3]["best_epoch"]?.integer == result.bestEpoch)
      #expect(events[3]["test_accuracy"]?.number == result.test?.accuracy)
      #expect(events[3]["test_loss"]?.number == result.test?.loss)
    }
  }

  @Test("model.ckpt is the best epoch without the optimizer; the run's test is the test of that file")
  func finalCheckpoint() throws {
    try withTemporaryFolder { folder in
      // The second epoch's rate is so high that the first is the better one.
      let config = try Small.config(
        optimizer: """
          { "type": "sgd", "lr": 0.05, "momentum": 0.9, "schedule": { "type": "step", "epochs": 1, "factor": 1 } }
          """, train: #""epochs": 4, "batch_size": 20, "monitor": "val_loss""#)
      let (run, result) = try Small.run(config, in: folder)
      let best = try Checkpoint(contentsOf: run.folder.bestCheckpoint)
      let final = try Checkpoint(contentsOf: run.folder.finalCheckpoint)
      #expect(best.weights == final.weights && best.progress == final.progress)
      #expect(
        final.optimizer.isEmpty
          && best.optimizer.map(\.name) == config.model.parameters.map { "optimizer.momentum.\($0.name)" })
      #expect(best.progress.epoch == result.bestEpoch)
      let source = try LoadedModel(run.folder.finalCheckpoint.path)
      let parameters = try #require(source.parameters)
      let evaluator = Evaluator(source.config, parameters: parameters, threadPool: ThreadPool(threads: 2))
      let evaluation = try evaluator.evaluate(Small.data(source.config).test)
      #expect(evaluation.loss == result.test?.loss && evaluation.confusion == result.test?.confusion)
      #expect(evaluation.loss == best.progress.best?.value, "it is validated on the test set")
    }
  }

  @Test("The best checkpoint is kept when later epochs are worse")
  func bestIsKept() throws {
    try withTemporaryFolder { folder in
      // Nothing is learned, so no epoch is better than the first.
      let config = try Small.config(
        optimizer: #"{ "type": "sgd", "lr": 0 }"#, train: #""epochs": 3, "early_stop": { "patience": 2 }"#)
      let (run, result) = try Small.run(config, in: folder)
      #expect(result.outcome == .stoppedEarly && result.bestEpoch == 1)
      #expect(try Checkpoint(contentsOf: run.folder.bestCheckpoint).progress.epoch == 1)
      #expect(try Checkpoint(contentsOf: run.folder.lastCheckpoint).progress.epoch == 3)
      #expect(try lines(run.folder.events.path).last?.contains("\"outcome\":\"stopped_early\"") == true)
    }
  }

  @Test("The same seed writes the same bytes, for any number of threads")
  func sameBytes() throws {
    func files(seed: Int, threads: Int) throws -> [[UInt8]] {
      try withTemporaryFolder { folder in
        let config = try Small.config(train: #""epochs": 2, "batch_size": 70"#, extra: "\"seed\": \(seed),")
        try Small.run(config, in: folder, threads: threads)
        return try Self.names.map { try contents("\(folder)/\($0)") }
      }
    }
    let first = try files(seed: 1, threads: 1)
    for threads in [1, 2, 3] { #expect(try files(seed: 1, threads: threads) == first) }
    for (file, other) in zip(first, try files(seed: 2, threads: 1)) { #expect(file != other) }
  }

  @Test("An interrupted run saves its progress: step, sums, weights, optimizer")
  func interruption() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config(train: #""epochs": 3, "batch_size": 100"#)
      var steps = 0
      let (run, result) = try Small.run(
        config, in: folder, shouldStop: { steps == 5 },
        report: { event, _ in
          if case .step? = event { steps += 1 }
        })
      #expect(result.outcome == .interrupted && result.test == nil && result.bestEpoch == 1)
      #expect(result.checkpoint == run.folder.lastCheckpoint.path)
      let saved = try Checkpoint(contentsOf: result.checkpoint)
      #expect(saved.progress == run.trainer.progress)
      #expect(saved.progress.epoch == 1 && saved.progress.stepInEpoch == 2 && saved.progress.step == 5)
      #expect(saved.progress.sums.images == 200 && saved.progress.sums.stepLosses > 0)
      let parameters = run.trainer.parameters
      #expect(try saved.parameters()[0..<parameters.count] == parameters[0..<parameters.count])
      let slots = run.trainer.optimizer.slots
      #expect(slots.count == 2 && saved.optimizer.count == 2 * config.model.parameters.count)
      for (slot, buffer) in slots.enumerated() {
        for (index, parameter) in config.model.parameters.enumerated() {
          #expect(
            saved.optimizer[slot * config.model.parameters.count + index].values == buffer[parameter.range])
        }
      }
      #expect(try lines(run.folder.events.path).last?.contains("\"outcome\":\"interrupted\"") == true)
      #expect(try !listing(folder).contains("model.ckpt"))
    }
  }

  @Test("An output that cannot be written is an error before any training: step 0 is saved first")
  func unwritable() throws {
    try withTemporaryFolder { folder in
      let config = try Small.config()
      let run = try RunFolder.create(output: "\(folder)/run", name: "small", overwrite: false)
      // A folder has the name of the checkpoint.
      try AtomicFile.createFolder("\(folder)/run/checkpoints/last.ckpt/x")
      let said = message(in: folder) {
        _ = try TrainingRun.create(
          config, data: Small.data(config), in: run, threadPool: ThreadPool(threads: 1))
      }
      #expect(said.hasPrefix("DIR/run/checkpoints/last.ckpt: "))
      #expect(try listing("\(folder)/run/checkpoints") == ["last.ckpt", "last.ckpt/x"], "no temporary file")
    }
  }

  @Test("An error of the reporter ends the run")
  func reporterThrows() throws {
    try withTemporaryFolder { folder in
      let said = message {
        try Small.run(
          Small.config(), in: folder,
          report: { _, event in
            if event?.kind == .epoch { throw CheckpointError("here", "enough") }
          })
      }
      #expect(said == "here: enough")
    }
  }
}
