import Foundation
import Testing
import TestSupport
import Training

@Suite struct TensorBoardLogTests {
  private func config(_ log: String = "", data: String = "", layers: String = Small.convolution) throws
    -> ExperimentConfig
  {
    try Small.config(data: data, layers: layers, extra: #""log": { "tensorboard": true\#(log) },"#)
  }

  /// The events of a run, a list for each of its files in the order of their names.
  private func files(_ run: String, _ part: String) throws -> [[ReadEvent]] {
    let folder = "\(run)/tb/\(part)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    #expect(names.allSatisfy { $0.contains(/^events\.out\.tfevents\.\d{10}\../) })
    return try names.sorted().map { try ReadEvent.events(contents("\(folder)/\($0)")) }
  }

  private func bytes(_ number: Double?) -> [UInt8] {
    withUnsafeBytes(of: Float(number ?? .nan).bitPattern.littleEndian) { Array($0) }
  }

  @Test func aRunHasAnEventForEveryEpochAndOneBefore() throws {
    try withTemporaryFolder { folder in
      var epochs: [EpochMetrics] = []
      try Small.run(
        config(), in: "\(folder)/run",
        report: { event, _ in if case .epoch(let metrics, _) = event { epochs.append(metrics) } })
      let train = try files("\(folder)/run", "train"), validation = try files("\(folder)/run", "validation")
      #expect(train.count == 1 && validation.count == 1)
      #expect(train[0].map(\.step) == [0, 0, 1, 2] && validation[0].map(\.step) == [0, 1, 2])
      #expect(train[0][0].version == "brain.Event:2" && validation[0][0].version == "brain.Event:2")
      let weights: Set = ["conv/weight", "conv/bias", "fc/weight", "fc/bias", "conv/filters"]
      #expect(Set(train[0][1].values.keys) == weights)
      let scalars: Set = ["loss", "accuracy", "learning_rate", "images_per_second"]
      for (metrics, (event, held)) in zip(epochs, zip(train[0].dropFirst(2), validation[0].dropFirst())) {
        #expect(
          Set(event.values.keys) == weights.union(scalars) && Set(held.values.keys) == ["loss", "accuracy"])
        #expect(event.values["loss"] == bytes(metrics.loss))
        #expect(event.values["accuracy"] == bytes(metrics.accuracy))
        #expect(event.values["learning_rate"] == bytes(metrics.learningRate))
        #expect(held.values["loss"] == bytes(metrics.validationLoss))
        #expect(held.values["accuracy"] == bytes(metrics.validationAccuracy))
      }
    }
  }

  @Test func histogramsComeAsOftenAsTheConfigSays() throws {
    try withTemporaryFolder { (folder) throws in
      func steps(_ every: Int, _ layers: String = Small.convolution, tag: String) throws -> [Int] {
        let config = try config(#", "histogram_every_epochs": \#(every)"#, layers: layers)
        try Small.run(config, in: "\(folder)/run", overwrite: true)
        return try files("\(folder)/run", "train")[0].filter { $0.values[tag] != nil }.map(\.step)
      }
      #expect(try steps(2, tag: "fc/weight") == [0, 2])
      #expect(try steps(0, tag: "fc/weight") == [])
      #expect(try steps(1, tag: "conv/filters") == [0, 1, 2])
      #expect(try steps(1, Small.linear, tag: "fc/weight") == [0, 1, 2])
      #expect(try steps(1, Small.linear, tag: "fc/filters") == [])
    }
  }

  @Test func theSameSeedGivesTheSameEventsButForTimes() throws {
    try withTemporaryFolder { folder in
      let runs = try [1, 2].map { threads in
        try Small.run(config(), in: "\(folder)/\(threads)", threads: threads)
        return try ["train", "validation"].map { try files("\(folder)/\(threads)", $0)[0].map(timeless) }
      }
      #expect(runs[0] == runs[1])
    }
  }

  private func timeless(_ event: ReadEvent) -> ReadEvent {
    var event = event
    event.values["images_per_second"] = nil
    return event
  }

  @Test func aResumedRunDropsTheEventsAfterItsCheckpoint() throws {
    try withTemporaryFolder { folder in
      let run = "\(folder)/run"
      let config = try Small.config(
        train: #""epochs": 3, "batch_size": 32, "checkpoint": { "keep": 3 }"#,
        extra: #""log": { "tensorboard": true },"#)
      try Small.run(config, in: run)
      let before = try files(run, "train")
      try Small.resume("\(run)/checkpoints/epoch-0001.ckpt")
      for (part, count) in [("train", 5), ("validation", 4)] {
        let files = try files(run, part)
        #expect(files.count == 2 && files[0].count == count)
        #expect(files[1][0].version == "brain.Event:2")
        #expect(files[1][1].isStart && files[1].map(\.step) == [0, 2, 2, 3])
        #expect(files[0].allSatisfy { !$0.isStart })
      }
      let again = try files(run, "train")[1].suffix(2).map(timeless)
      #expect(again == before[0].suffix(2).map(timeless))
      try Small.resume("\(run)/checkpoints/epoch-0003.ckpt", epochs: 4, output: "\(folder)/other")
      #expect(
        try files("\(folder)/other", "train").map { $0.map(\.step) } == [
          [0, 0, 1, 2, 3], [0, 2, 2, 3], [0, 4, 4],
        ])
    }
  }

  @Test func anOverwrittenRunLeavesNoEvents() throws {
    try withTemporaryFolder { folder in
      for _ in 1...2 { try Small.run(config(), in: "\(folder)/run", overwrite: true) }
      #expect(try files("\(folder)/run", "train").count == 1)
      try Small.run(Small.config(), in: "\(folder)/run", overwrite: true)
      for part in ["train", "validation"] { #expect(try files("\(folder)/run", part).isEmpty) }
    }
  }

  @Test func withoutValidationOrWithoutTheConfigThereIsNoFolder() throws {
    try withTemporaryFolder { folder in
      try Small.run(config(data: #""normalize": {}"#), in: "\(folder)/run")
      #expect(FileManager.default.fileExists(atPath: "\(folder)/run/tb/train"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/run/tb/validation"))
      try Small.run(Small.config(), in: "\(folder)/plain")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/plain/tb"))
    }
  }

  @Test func anEventFileMayHaveAnyNumber() throws {
    try withTemporaryFolder { folder in
      try Small.run(config(), in: "\(folder)/run")
      try write([], "\(folder)/run/tb/train/events.out.tfevents.\(Int.max).host")
      try Small.resume("\(folder)/run", epochs: 3)
      #expect(try listing("\(folder)/run/tb/train").count == 3)
    }
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/run", withIntermediateDirectories: true)
      try write([], "\(folder)/run/tb")
      let message = message(in: folder) { try Small.run(config(), in: "\(folder)/run") }
      #expect(message == "DIR/run/tb: a file of this name exists")
    }
  }
}
