import CNNEngine
import ConfigDecoding
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

/// Running statistics and averages in checkpoints.
@Suite(.serialized) struct SavedStateTests {
  private static let average = #""average": { "decay": 0.9 },"#

  /// Four epochs of three steps with norms.
  private func normed(
    _ optimizer: String = #"{ "type": "adam", "lr": 0.02 }"#, train: String = average
  ) throws -> ExperimentConfig {
    try Small.config(
      layers: Small.normed, optimizer: optimizer,
      train: #""epochs": 4, "batch_size": 128, "checkpoint": { "keep": 2 }, \#(train) "shuffle": true"#)
  }

  private func floats(_ buffer: FlatTensorBuffer) -> [Float] { buffer[0..<buffer.count] }

  // MARK: Resuming

  @Test(
    "A run with norms and an average, stopped after any step, resumes to the same bytes for 1 to 8 threads",
    arguments: [#"{ "type": "adam", "lr": 0.02, "schedule": "cosine" }"#, #"{ "type": "sgd", "lr": 0.1 }"#])
  func resuming(optimizer: String) throws {
    let config = try normed(optimizer)
    try withTemporaryFolder { folder in
      try CutOff.start(config, in: "\(folder)/whole")
      let whole = try CutOff.files("\(folder)/whole")
      for (step, threads) in [(1, 8), (2, 3), (3, 4), (5, 5), (7, 6), (8, 2), (11, 7)] {
        let run = "\(folder)/\(step)"
        try CutOff.start(config, in: run, stop: step, threads: threads)
        try Small.resume(run, threads: 1 + step % 2)
        try CutOff.expectSame(run, whole, "step \(step)")
      }
    }
  }

  @Test("The same files for 1 to 8 threads")
  func threads() throws {
    let config = try normed()
    try withTemporaryFolder { folder in
      try CutOff.start(config, in: "\(folder)/1")
      for threads in 2...8 {
        try CutOff.start(config, in: "\(folder)/\(threads)", threads: threads)
        try CutOff.expectSame("\(folder)/\(threads)", CutOff.files("\(folder)/1"), "\(threads) threads")
      }
    }
  }

  @Test("A model.ckpt whose weights are an average is no run to resume")
  func averageAlone() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try Small.run(normed(#"{ "type": "sgd", "lr": 0.1 }"#), in: folder)
      #expect(
        message(in: folder) { _ = try ResumePoint(run.folder.finalCheckpoint.path) }
          == "DIR/model.ckpt: has the average of the weights but not the weights: use --init for a new run, or --resume "
          + "with a run folder or last.ckpt")
    }
  }

  // MARK: Files

  @Test("A checkpoint has sections, state and averages, and encodes to the bytes that it was read from")
  func layout() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try Small.run(normed(#"{ "type": "sgd", "lr": 0.1, "momentum": 0.9 }"#), in: folder)
      let file = try SafeTensors(contentsOf: run.folder.lastCheckpoint, requiringChecksum: true)
      #expect(file.metadata("format_version") == "2")
      let sections = try Small.json(#require(file.metadata("sections")))
      #expect(sections.members?.map(\.key) == ["weights", "state", "optimizer", "average"])
      let names = sections.members?.flatMap { $0.value.array?.compactMap(\.string) ?? [] } ?? []
      #expect(names == file.tensors.map(\.name))
      #expect(
        sections["state"]?.array?.compactMap(\.string)
          == ["norm", "flat"].flatMap { layer in
            ["running_mean", "running_var", "num_batches_tracked"].map { "\(layer).\($0)" }
          })
      #expect(sections["optimizer"]?.array?.count == 8 && sections["average"]?.array?.count == 14)
      let count = try #require(file["average.norm.num_batches_tracked"])
      #expect(count.dataType == .int64 && count.shape == [] && file.integers(of: count) == [12])
      for file in [run.folder.lastCheckpoint, run.folder.bestCheckpoint, run.folder.finalCheckpoint] {
        #expect(try Checkpoint(contentsOf: file).encoded() == contents(file.path))
      }
      let model = try SafeTensors(contentsOf: run.folder.finalCheckpoint)
      #expect(
        try Small.json(#require(model.metadata("sections"))).members?.map(\.key) == ["weights", "state"])
    }
  }

  @Test("Without state a model.ckpt has the first format version, also after an average")
  func firstVersion() throws {
    try withTemporaryFolder { folder in
      let train = #""epochs": 1, "average": {}"#
      let (run, _) = try Small.run(Small.config(train: train), in: folder)
      let last = try SafeTensors(contentsOf: run.folder.lastCheckpoint)
      let model = try SafeTensors(contentsOf: run.folder.finalCheckpoint)
      #expect(last.metadata("format_version") == "2" && model.metadata("format_version") == "1")
      #expect(model.metadata("sections") == nil && model.tensors.count == 4)
      #expect(
        try Checkpoint(contentsOf: run.folder.finalCheckpoint).encoded()
          == contents(run.folder.finalCheckpoint.path))
    }
  }

  // MARK: What is evaluated

  @Test("Validation, model.ckpt and everything that reads a checkpoint use the average")
  func evaluation() throws {
    let config = try normed(train: Self.average + #""monitor": "loss","#)
    try withTemporaryFolder { folder in
      var validation: [Double?] = []
      let (run, result) = try Small.run(
        config, in: folder,
        report: { event, _ in
          if case .epoch(let metrics, _)? = event { validation.append(metrics.validationLoss) }
        })
      let average = try #require(run.trainer.optimizer.average)
      #expect(floats(average.values) != floats(run.trainer.parameters))
      #expect(result.bestEpoch == 4)
      let data = try Small.data(config)
      func loss(_ parameters: FlatTensorBuffer) throws -> Double {
        try Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: 1)).evaluate(data.test)
          .loss
      }
      #expect(try validation.last == loss(average.values) && validation.last != loss(run.trainer.parameters))
      #expect(try result.test?.loss == loss(average.values))
      let model = try Checkpoint(contentsOf: run.folder.finalCheckpoint)
      #expect(try floats(model.parameters()) == floats(average.values))
      let last = try Checkpoint(contentsOf: run.folder.lastCheckpoint.path)
      #expect(last.weights == config.model.tensors(of: run.trainer.parameters))
      #expect(last.state == config.model.stateTensors(of: run.trainer.parameters))

      let notice = "the average of the weights is used"
      let loaded = try LoadedModel(run.folder.lastCheckpoint.path)
      #expect(try floats(loaded.requireParameters()) == floats(average.values))
      #expect(loaded.notices == ["\(run.folder.lastCheckpoint.path): \(notice)"])
      #expect(try LoadedModel(folder).notices == [])
      let lent = try LoadedModel(run.folder.lastCheckpoint.path, config: run.folder.config.path)
      #expect(try floats(lent.requireParameters()) == floats(average.values))
      #expect(lent.notices == loaded.notices)
      #expect(
        try ModelExport(loaded).encoded(.safetensors)
          == ModelExport(LoadedModel(folder)).encoded(.safetensors))
      let start = try WeightImport(of: config.model, contentsOf: run.folder.lastCheckpoint.path)
      #expect(start.tensors.map(\.values) == model.weights.map(\.values) + model.state.map(\.values))
    }
  }

  @Test("A run starts from given weights with their statistics, and its average does, too")
  func initialWeights() throws {
    let config = try normed()
    let weights = try Small.train(config).trainer
    let tensors =
      config.model.tensors(of: weights.parameters) + config.model.stateTensors(of: weights.parameters)
    let trainer = try Trainer(
      config, data: Small.data(config), threadPool: ThreadPool(threads: 1), weights: tensors)
    #expect(floats(trainer.parameters) == floats(weights.parameters))
    #expect(try floats(#require(trainer.optimizer.average).values) == floats(weights.parameters))
  }

  // MARK: Faults

  /// The error of a `last.ckpt` whose file was changed by `change` and given a new checksum.
  private func refusals(_ changes: [(SafeTensors) throws -> SafeTensors]) throws -> [String] {
    try withTemporaryFolder { folder in
      let config = try Small.config(
        layers:
          #""flatten", { "type": "batch_norm", "name": "norm" }, { "type": "dense", "name": "fc", "units": 10 }"#,
        optimizer: #"{ "type": "sgd", "lr": 0.1, "momentum": 0.9 }"#, train: #""epochs": 1, "average": {}"#)
      let (run, _) = try Small.run(config, in: folder)
      let file = try SafeTensors(contentsOf: run.folder.lastCheckpoint)
      return try changes.map { change in
        let path = "\(folder)/changed"
        try write(change(file).encoded(), path)
        return message(in: path) { _ = try Checkpoint(contentsOf: path) }
      }
    }
  }

  @Test("Each tensor is in one section, and each section is complete")
  func sections() throws {
    /// Replaces a part of the sections' text.
    func replacing(_ old: String, _ new: String) -> (SafeTensors) throws -> SafeTensors {
      return { file in
        var file = file
        let text = try #require(file.metadata("sections"))
        #expect(text.contains(old), "\(old)")
        file.setMetadata("sections", to: text.replacing(old, with: new))
        return file
      }
    }
    func metadata(_ text: String) -> (SafeTensors) throws -> SafeTensors {
      return { file in
        var file = file
        file.setMetadata("sections", to: text)
        return file
      }
    }
    let found = try refusals([
      { $0 }, metadata("[]"), metadata("{"), metadata(#"{"weights":"fc.bias"}"#),
      metadata(#"{"weights":[1]}"#),
      metadata(#"{"weights":[]}"#), replacing("\"state\"", "\"states\""),
      replacing("\"fc.bias\"", "\"fc.bias\",\"fc.bias\""),
      replacing("\"state\":[", "\"state\":[\"fc.bias\","),
      replacing("\"fc.bias\"", "\"fc.bia\""), replacing(",\"fc.bias\"", ""),
      replacing(",\"norm.num_batches_tracked\"", ""), replacing(",\"average.norm.num_batches_tracked\"", ""),
      {
        let file = try replacing(",\"fc.bias\"", "")($0)
        return try replacing("\"state\":[", "\"state\":[\"fc.bias\",")(file)
      },
      {
        let file = try replacing(",\"optimizer.momentum.fc.bias\"", "")($0)
        return try replacing("\"average\":[", "\"average\":[\"optimizer.momentum.fc.bias\",")(file)
      },
      {
        var file = try replacing("\"average\":[", "\"average\":[\"average.more\",")($0)
        try file.append("average.more", shape: [1], [0])
        return file
      },
    ])
    #expect(
      found == [
        "no error", "DIR: the sections in the metadata are not an object",
        "DIR: DIR[sections]:1:2: expected a key in double quotes, not the end of the text",
        "DIR: the section weights in the metadata is not a list of names",
        "DIR: the section weights in the metadata is not a list of names",
        "DIR: the section weights in the metadata is not a list of names",
        "DIR: unknown section states in the metadata; the sections are weights, state, optimizer, average",
        "DIR: fc.bias is listed twice in the sections", "DIR: fc.bias is listed twice in the sections",
        "DIR: fc.bia is in the section weights, but no such tensor is in the file",
        "DIR: fc.bias is in no section", "DIR: norm.num_batches_tracked is in no section",
        "DIR: average.norm.num_batches_tracked is in no section",
        "DIR: fc.bias is missing in the section weights",
        "DIR: optimizer.momentum.fc.bias is missing in the section optimizer",
        "DIR: average.more is no tensor of its network, but in the section average",
      ])
  }

  @Test("State is finite, a variance not negative, a count a whole number of batches")
  func values() throws {
    /// The file with another tensor of a name.
    func with(
      _ name: String, _ shape: [Int], _ type: SafeTensors.DataType, _ bytes: [UInt8]
    ) -> (SafeTensors) throws -> SafeTensors {
      return { old in
        var file = SafeTensors()
        for (key, value) in old.metadata { file.setMetadata(key, to: value) }
        for tensor in old.tensors {
          if tensor.name == name {
            try file.append(name, shape: shape, type, bytes: bytes)
          } else {
            try file.append(
              tensor.name, shape: tensor.shape, tensor.dataType, bytes: Array(old.bytes(of: tensor)))
          }
        }
        return file
      }
    }
    func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
    func floats(_ value: Float) -> [UInt8] {
      bytes([Float](repeating: 1, count: 143) + [value])
    }
    let count = "norm.num_batches_tracked"
    let found = try refusals([
      with("norm.running_mean", [144], .float32, floats(.nan)),
      with("average.norm.running_mean", [144], .float32, floats(.infinity)),
      with("norm.running_mean", [144], .float32, floats(-1)),
      with("norm.running_var", [144], .float32, floats(-1)),
      with("average.norm.running_var", [144], .float32, floats(-0.5)),
      with("norm.running_var", [143], .float32, Array(floats(1).dropLast(4))),
      with(count, [], .int64, bytes([-1 as Int64])), with(count, [], .int64, bytes([Int64.max])),
      with(count, [1], .int64, bytes([3 as Int64])), with(count, [], .float32, bytes([3 as Float])),
      with(count, [], .int64, bytes([1 << 53 as Int64])),
    ])
    #expect(
      found == [
        "DIR: norm.running_mean has values that are not finite",
        "DIR: average.norm.running_mean has values that are not finite", "no error",
        "DIR: norm.running_var has the negative value -1.0",
        "DIR: average.norm.running_var has the negative value -0.5",
        "DIR: norm.running_var is [143], the network's is [144]",
        "DIR: \(count) is -1, not a number of batches",
        "DIR: \(count) is 9223372036854775807, not a number of batches",
        "DIR: \(count) is [1], the network's is []", "DIR: \(count) is F32, not an integer type", "no error",
      ])
  }

  @Test("A file of the first version has no state")
  func stateInTheFirstVersion() throws {
    let found = try refusals([
      { old in
        var file = SafeTensors()
        for (key, value) in old.metadata where key != "sections" {
          file.setMetadata(key, to: key == "format_version" ? "1" : value)
        }
        for tensor in old.tensors where !tensor.name.hasPrefix("norm.r") {
          try file.append(
            tensor.name, shape: tensor.shape, tensor.dataType, bytes: Array(old.bytes(of: tensor)))
        }
        return file
      }
    ])
    #expect(
      found == [
        "DIR: no running statistics norm.running_mean, norm.running_var; without them the network cannot be evaluated"
      ])
  }
}
