import CNNEngine
import ConfigDecoding
import Foundation
import ImageFiles
import ModelFormats
import Testing
import TestSupport
import Training

/// Runs of models with several outputs: metrics, events, resuming.
@Suite(.serialized) struct OutputRunsTests {
  // MARK: Training

  @Test("Epochs have the metrics of each output beside those of today, in metrics, events and by name")
  func epochs() throws {
    try withTemporaryFolder { folder in
      var epochs: [EpochMetrics] = []
      let (_, result) = try Small.run(
        Small.twoHeads(), in: folder,
        report: { event, _ in if case .epoch(let metrics, _) = event { epochs.append(metrics) } })
      let names = [
        "digit_loss", "digit_accuracy", "val_digit_loss", "val_digit_accuracy", "parity_loss",
        "parity_accuracy", "val_parity_loss", "val_parity_accuracy",
      ]
      let rows = try lines("\(folder)/metrics.csv")
      #expect(
        rows[0] == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second,"
          + names.joined(separator: ","))
      let history = try RunHistory(
        metrics: contents("\(folder)/metrics.csv"), events: contents("\(folder)/events.jsonl"))
      for (number, epoch) in epochs.enumerated() {
        #expect(epoch.outputs.map(\.name) == ["digit", "parity"])
        #expect(epoch.outputs[0].accuracy == epoch.accuracy)
        #expect(epoch.outputs[0].validationAccuracy == epoch.validationAccuracy)
        let penalty = epoch.loss - epoch.outputs[0].loss - 0.5 * epoch.outputs[1].loss
        #expect(penalty > 0 && penalty < 0.1, "that of the trunk's weights")
        let event = try #require(history.events.filter { $0.kind == .epoch }.dropFirst(number).first)
        #expect(event.json.members?.suffix(8).map(\.key) == names)
        for name in names {
          let value = try #require(epoch[TrainConfig.Metric(rawValue: name)])
          #expect(event.json[name]?.number == value)
          #expect(history.epochs[number][TrainConfig.Metric(rawValue: name)] == value)
        }
        #expect(epoch[TrainConfig.Metric(rawValue: "trunk_loss")] == nil)
      }
      let done = try #require(history.end?.json)
      #expect(done["test_parity_accuracy"]?.number == result.test?.outputs[1].accuracy)
      #expect(done["test_digit_loss"]?.number == result.test?.outputs[0].loss)
    }
  }

  @Test("Without validation its metrics are null, and empty columns")
  func withoutValidation() throws {
    try withTemporaryFolder { folder in
      try Small.run(Small.twoHeads(#""epochs": 1"#, data: #""validation": null"#), in: folder)
      let row = try lines("\(folder)/metrics.csv")[1].split(separator: ",", omittingEmptySubsequences: false)
      #expect(row.count == 16)
      #expect(row.indices.filter { row[$0].isEmpty } == [3, 4, 10, 11, 14, 15])
      let event = try Small.json(lines("\(folder)/events.jsonl")[1])
      #expect(event["val_parity_loss"]?.isNull == true && event["parity_loss"]?.number != nil)
    }
  }

  @Test("The metrics of an output choose the best epoch and stop early")
  func monitors() throws {
    let config = try Small.twoHeads(
      """
      "epochs": 8, "batch_size": 20, "monitor": "val_parity_accuracy",
      "early_stop": { "monitor": "parity_loss", "patience": 8 }
      """)
    let (trainer, epochs, _) = try Small.train(config)
    #expect(trainer.monitor.higherIsBetter && trainer.monitor.needsValidation)
    #expect(trainer.progress.best?.value == epochs.compactMap { $0.outputs[1].validationAccuracy }.max())
    #expect(trainer.progress.bestWatched == epochs.map { $0.outputs[1].loss }.min())
  }

  @Test("TensorBoard has scalars of each output, in training and validation")
  func tensorBoard() throws {
    try withTemporaryFolder { folder in
      var epochs: [EpochMetrics] = []
      try Small.run(
        Small.twoHeads(extra: #""log": { "tensorboard": true, "histogram_every_epochs": 0 },"#), in: folder,
        report: { event, _ in if case .epoch(let metrics, _) = event { epochs.append(metrics) } })
      let tags = ["digit_loss", "digit_accuracy", "parity_loss", "parity_accuracy"]
      for (part, own) in [("train", 4), ("validation", 2)] {
        let name = try #require(listing("\(folder)/tb/\(part)").first)
        let events = try ReadEvent.events(contents("\(folder)/tb/\(part)/\(name)"))
        let last = try #require(events.last)
        #expect(last.values.count == own + 4 && tags.allSatisfy { last.values[$0] != nil })
        let metrics = try #require(epochs.last).outputs[1]
        let loss = Float(part == "train" ? metrics.loss : metrics.validationLoss ?? .nan)
        #expect(last.values["parity_loss"] == withUnsafeBytes(of: loss.bitPattern.littleEndian) { Array($0) })
      }
    }
  }

  // MARK: Resuming

  @Test("A run stopped after any step resumes to the same bytes, each output's sums included")
  func resumed() throws {
    let config = try CutOff.config(layers: Small.heads, outputs: Small.headOutputs)
    try withTemporaryFolder { folder in
      try CutOff.start(config, in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole")
      for step in [1, 2, 3, 5, 10] {
        let run = "\(folder)/\(step)"
        try CutOff.start(config, in: run, stop: step, threads: 1 + step % 3)
        let sums = try Checkpoint(contentsOf: "\(run)/checkpoints/last.ckpt").progress.sums
        #expect(sums.outputs.count == (step % 3 == 0 ? 0 : 2))
        #expect(sums.outputs.first.map { $0.correct == sums.correct } ?? true)
        try Small.resume(run, threads: 1 + step % 2)
        try CutOff.expectSame(run, whole, "step \(step)")
      }
    }
  }

  @Test("Sums that do not fit the outputs are refused; a checkpoint of one output has none")
  func foreignSums() throws {
    try withTemporaryFolder { folder in
      func progress(_ path: String, _ change: (inout JSON) -> Void) throws {
        try rewrite("\(path)/checkpoints/last.ckpt") { file in
          var json = try Small.json(file.metadata("progress") ?? "")
          change(&json)
          file.setMetadata("progress", to: json.text(pretty: false))
        }
      }
      let heads = try CutOff.config(layers: Small.heads, outputs: Small.headOutputs)
      for (name, config) in [("one", try CutOff.config()), ("two", heads)] {
        try CutOff.start(config, in: "\(folder)/\(name)", stop: 2)
      }
      var keys: [String] = []
      try progress("\(folder)/one") { keys = $0.members?.map(\.key) ?? [] }
      #expect(keys.last == "epochs_without_improvement")
      try progress("\(folder)/one") { $0["outputs"] = [["loss_sum": 1, "correct": 1]] }
      try progress("\(folder)/two") { $0["outputs"] = nil }
      for name in ["one", "two"] {
        let message = message(in: folder) { try Small.resume("\(folder)/\(name)/checkpoints/last.ckpt") }
        #expect(message.hasSuffix("last.ckpt: its progress does not fit its config and this data"))
      }
      try progress("\(folder)/two") { $0["outputs"] = [["loss_sum": 1], ["loss_sum": 1]] }
      let message = message(in: folder) { try Small.resume("\(folder)/two/checkpoints/last.ckpt") }
      #expect(message.contains("the progress in the metadata is incomplete or inconsistent"))
    }
  }
}
