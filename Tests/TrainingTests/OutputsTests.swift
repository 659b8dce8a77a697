import CNNEngine
import ConfigDecoding
import Foundation
import ImageFiles
import ModelFormats
import Testing
import TestSupport
import Training

/// Models with several outputs, or with one whose labels are a map of the classes.
@Suite(.serialized) struct OutputsTests {
  private func config(
    _ train: String = #""epochs": 2, "batch_size": 32"#, data: String = "", extra: String = ""
  ) throws -> ExperimentConfig {
    try Small.config(
      data: data, layers: Small.heads, train: train, outputs: Small.headOutputs, extra: extra)
  }

  /// A model that only tells odd from even.
  private func parity() throws -> ExperimentConfig {
    try Small.config(
      layers: #""flatten", { "type": "dense", "name": "parity", "units": 2 }"#,
      outputs: Small.parityOutput)
  }

  /// The scores of every image at the outputs, by the predictions' logits.
  private func predictions(_ config: ExperimentConfig, _ images: Images) -> [Prediction] {
    Evaluator(
      config, parameters: config.model.initialParameters(seed: 5), threadPool: ThreadPool(threads: 1)
    ).predictions(images)
  }

  // MARK: Names

  @Test("A class of a mapped output has the names of the data's classes; a long list is shortened")
  func classNames() throws {
    let digits = (0..<10).map(String.init)
    let names = try config().model.classNames(of: digits)
    #expect(names == [digits, ["0,2,4,6,8", "1,3,5,7,9"]])
    func mapped(_ labels: String, of data: [String]) throws -> [String] {
      let config = try Small.config(
        layers: Small.linear, outputs: #"{ "layer": "fc", "labels": [\#(labels)] }"#)
      return config.model.classNames(of: data)[0]
    }
    let words = ["airplane", "automobile", "bird", "cat"]
    #expect(
      try Array(mapped("0, 0, 0, 3", of: words).prefix(4)) == [
        "airplane,automobile,…", "label 1", "label 2", "cat",
      ])
    #expect(try mapped("1, 1, 0, 0", of: words)[0...1] == ["bird,cat", "airplane,automobile"])
    #expect(try Small.config().model.classNames(of: words) == [words])
  }

  // MARK: Evaluation

  @Test("Each output has the loss and the confusion matrix of its own scores; the loss is their weighted sum")
  func evaluation() throws {
    let config = try config()
    let images = try Small.data(config).train.prefix(150)
    let parameters = config.model.initialParameters(seed: 5)
    let evaluator = Evaluator(config, parameters: parameters, threadPool: ThreadPool(threads: 2))
    var misclassified: [Int] = []
    let evaluation = try evaluator.evaluate(
      images,
      scored: { position, label, logits in
        if Prediction(scores: logits).label != label { misclassified.append(position) }
        #expect(logits.count == 10 && label == Int(images.label(at: position)))
      })
    let all = Images(pixels: (0..<150).flatMap { images[$0] }, shape: images.shape)
    var losses = [0.0, 0.0]
    var confusions = [10, 2].map { Array(repeating: Array(repeating: 0, count: $0), count: $0) }
    var wrong: [Int] = []
    for (index, prediction) in predictions(config, all).enumerated() {
      let digit = Int(images.label(at: index))
      #expect(prediction.outputs.map(\.name) == ["digit", "parity"])
      #expect(prediction.logits == prediction.outputs[0].prediction.logits)
      for (output, label) in [digit, digit % 2].enumerated() {
        let found = prediction.outputs[output].prediction
        losses[output] -= log(found.probabilities[label]) / 150
        confusions[output][label][found.label] += 1
      }
      if prediction.label != digit { wrong.append(index) }
    }
    #expect(evaluation.outputs.map(\.name) == ["digit", "parity"])
    #expect(evaluation.outputs.map(\.confusion.rows) == confusions)
    #expect(evaluation.confusion.rows == confusions[0] && misclassified == wrong)
    for (output, loss) in zip(evaluation.outputs, losses) { #expect(abs(output.loss - loss) < 1e-5) }
    let trunk = parameters[config.model.parameters[0].range]
    let penalty = 0.001 * trunk.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(evaluation.loss - (losses[0] + 0.5 * losses[1] + penalty)) < 1e-5)
  }

  @Test("JSON has all outputs by name beside the main one's; with one output nothing is added")
  func json() throws {
    let config = try config()
    let evaluator = Evaluator(
      config, parameters: config.model.initialParameters(seed: 5), threadPool: ThreadPool(threads: 1))
    let evaluation = try evaluator.evaluate(Small.data(config).test)
    let names = config.model.classNames(of: (0..<10).map(String.init))
    let json = evaluation.json(seconds: 1, classNames: names)
    let keys = ["accuracy", "loss", "count", "seconds", "confusion", "per_class"]
    #expect(json.members?.map(\.key) == keys + ["outputs"])
    #expect(json["outputs"]?.members?.map(\.key) == ["digit", "parity"])
    let parity = json["outputs"]?["parity"]
    #expect(parity?.members?.map(\.key) == ["accuracy", "loss", "confusion", "per_class"])
    #expect(parity?["per_class"]?.array?.map { $0["class"] } == ["0,2,4,6,8", "1,3,5,7,9"])
    #expect(json["outputs"]?["digit"]?["confusion"] == json["confusion"])
    let single = Evaluation(loss: 1, confusion: [[1]]).json(seconds: 1, classNames: [["a"]])
    #expect(single.members?.map(\.key) == keys)
    let images = Images(pixels: [UInt8](repeating: 9, count: 144), shape: ImageShape(height: 12, width: 12))
    let prediction = predictions(config, images)[0].json(input: "x", classNames: names)
    #expect(prediction.members?.map(\.key) == ["input", "label", "probabilities", "logits", "outputs"])
    #expect(prediction["outputs"]?["digit"]?["logits"] == prediction["logits"])
    #expect(prediction["outputs"]?["parity"]?["probabilities"]?.array?.count == 2)
    let alone = try predictions(Small.config(), images)[0].json(input: "x", classNames: [names[0]])
    #expect(alone["outputs"] == nil)
  }

  @Test(
    "The only output may have a map of labels: everything counts its labels, and names the data's classes")
  func mappedMainOutput() throws {
    try withTemporaryFolder { folder in
      let config = try parity()
      let (run, result) = try Small.run(config, in: folder)
      #expect(result.test?.confusion.classes == 2 && result.test?.count == 100)
      #expect((result.test?.accuracy ?? 0) > 0.6, "chance is 0.5")
      let model = try LoadedModel(run.folder.path)
      #expect(model.classNames.count == 10 && model.outputClassNames == [["0,2,4,6,8", "1,3,5,7,9"]])
      #expect(try lines("\(folder)/metrics.csv")[0].hasSuffix("seconds,images_per_second"))
    }
  }

  // MARK: Training

  @Test("Epochs have the metrics of each output beside those of today, in metrics, events and by name")
  func epochs() throws {
    try withTemporaryFolder { folder in
      var epochs: [EpochMetrics] = []
      let (_, result) = try Small.run(
        config(), in: folder,
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
      try Small.run(config(#""epochs": 1"#, data: #""validation": null"#), in: folder)
      let row = try lines("\(folder)/metrics.csv")[1].split(separator: ",", omittingEmptySubsequences: false)
      #expect(row.count == 16)
      #expect(row.indices.filter { row[$0].isEmpty } == [3, 4, 10, 11, 14, 15])
      let event = try Small.json(lines("\(folder)/events.jsonl")[1])
      #expect(event["val_parity_loss"]?.isNull == true && event["parity_loss"]?.number != nil)
    }
  }

  @Test("The metrics of an output choose the best epoch and stop early")
  func monitors() throws {
    let config = try config(
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
        config(extra: #""log": { "tensorboard": true, "histogram_every_epochs": 0 },"#), in: folder,
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

  // MARK: Faults

  @Test("A metric that the outputs do not have is refused with those that exist")
  func unknownMonitors() throws {
    func faults(_ monitor: String, layers: String = Small.heads, outputs: String = Small.headOutputs)
      -> [String]
    {
      message {
        _ = try Small.parse(
          """
          { "model": { "input": [1, 12, 12], "layers": [ \(layers) ],
          "outputs": [ \(outputs) ] },
          "data": { "validation": { "from": "test" } },
          "train": { "monitor": "\(monitor)", "early_stop": { "monitor": "\(monitor)" } } }
          """)
      }.split(separator: "\n").map(String.init)
    }
    let known = """
      "loss", "accuracy", "val_loss", "val_accuracy", "digit_loss", "digit_accuracy", "val_digit_loss", \
      "val_digit_accuracy", "parity_loss", "parity_accuracy", "val_parity_loss", "val_parity_accuracy"
      """
    let first = faults("parity_los")
    let expected = #"must be one of \#(known), not "parity_los"; did you mean "parity_loss"?"#
    #expect(
      first.map { $0.split(separator: ": ", maxSplits: 1).last.map(String.init) } == [
        "train.monitor: \(expected)", "train.early_stop.monitor: \(expected)",
      ])
    #expect(first.first?.contains(":23: train.monitor") == true)
    #expect(faults("val_trunk_loss").count == 2 && faults("val_parity_loss") == ["no error"])
    // One output has no metrics of its own.
    let one = faults("fc_loss", layers: Small.linear, outputs: #"{ "layer": "fc" }"#)
    #expect(
      one.first?.hasSuffix(#"must be one of "loss", "accuracy", "val_loss", "val_accuracy", not "fc_loss""#)
        == true)
    // Where the layers are wrong, the outputs are not known.
    let broken = faults("parity_loss", layers: #""flatten", "flatten""#)
    #expect(broken.allSatisfy { !$0.contains("monitor") } && !broken.isEmpty)
    #expect(faults("losss", layers: #""relux""#).contains { $0.contains("train.monitor: must be one of") })
  }

  @Test("Without a validation set its metrics cannot be monitored, those of outputs included")
  func monitorsNeedValidation() {
    let text = message { _ = try config(#""monitor": "val_digit_loss""#, data: #""validation": null"#) }
    #expect(text.hasSuffix("train.monitor: val_digit_loss needs a data.validation"))
  }

  @Test("An output may not have a name that makes its metrics look like those of validation")
  func ambiguousNames() {
    for name in ["val", "val_x"] {
      let text = message {
        _ = try Small.config(
          layers: Small.heads.replacing("parity", with: name),
          outputs: Small.headOutputs.replacing("parity", with: name))
      }
      #expect(text.contains("model.outputs[1].layer: the metrics of an output called \"\(name)\" would have"))
    }
    #expect(throws: Never.self) {
      _ = try Small.config(layers: #""flatten", { "type": "dense", "name": "val", "units": 10 }"#)
    }
  }

  @Test("Data whose classes do not fit: each output with its count and what fits")
  func misfits() throws {
    func faults(_ layers: String, _ outputs: String) -> [String] {
      message {
        _ = try Small.data(
          Small.parse(
            """
            { "data": { "dataset": "builtin", "builtin": { "train": 20, "test": 10 } },
            "model": { "input": [1, 12, 12], "layers": [ \(layers) ],
            "outputs": [ \(outputs) ] } }
            """))
      }.split(separator: "\n").map(String.init)
    }
    let head = #""flatten", { "type": "dense", "name": "a", "units": 8 }"#
    let fit = "it needs 10 scores, or \"labels\" with one label for each class"
    #expect(
      faults(head, #"{ "layer": "a" }"#) == [
        "test.json:3:25: model.outputs[0].layer: the output \"a\" is 8, but builtin has 10 classes; \(fit)"
      ])
    #expect(
      faults(
        head + #", { "type": "dense", "name": "b", "units": 2, "from": "flatten1" }"#,
        #"{ "layer": "a" }, { "layer": "b", "labels": [0, 1, 0, 1, 0, 1, 0, 1] }"#) == [
          "test.json:3:25: model.outputs[0].layer: the output \"a\" is 8, but builtin has 10 classes; \(fit)",
          "test.json:3:58: model.outputs[1].labels: the map of the output \"b\" has 8 labels, but builtin has "
            + "10 classes; it needs 10, one for each class",
        ])
    #expect(
      faults(#"{ "type": "conv2d", "name": "map", "filters": 10, "kernel": 12 }"#, #"{ "layer": "map" }"#)
        == [
          "test.json:3:25: model.outputs[0].layer: the output \"map\" is 10x1x1; put \"flatten\" behind it"
        ])
  }

  @Test("A checkpoint whose classes do not fit its map of labels is refused")
  func checkpointClasses() throws {
    try withTemporaryFolder { folder in
      try Small.run(parity(), in: folder)
      try rewrite("\(folder)/model.ckpt") { $0.setMetadata("classes", to: #"["even","odd"]"#) }
      #expect(
        message(in: folder) { _ = try Checkpoint(contentsOf: "\(folder)/model.ckpt") }
          == "DIR/model.ckpt: 2 classes in the metadata, but the network's labels are a map of 10 classes")
    }
  }

  // MARK: The network

  @Test("A training step counts the input gradient of the layers that read one with parameters")
  func flops() throws {
    // The two convolutions read the image: no input gradient. The dense layer reads both.
    let model = try Small.config(
      layers: """
        { "type": "conv2d", "name": "a", "filters": 2, "kernel": 3 },
        { "type": "conv2d", "name": "b", "filters": 2, "kernel": 3, "from": "input" },
        { "type": "add", "from": ["a", "b"] }, "flatten", { "type": "dense", "name": "fc", "units": 10 }
        """
    ).model
    let (convolution, dense) = (2 * 100 * 9, 200 * 10)
    #expect(Benchmark.flopsPerStep(model, batchSize: 3) == 2 * 3 * (2 * 2 * convolution + 3 * dense))
    let chain = try Small.config().model
    let first = 4 * 100 * 9, last = 100 * 10
    #expect(Benchmark.flopsPerStep(chain, batchSize: 1) == 2 * (2 * first + 3 * last))
  }

  @Test("ONNX names the classes of further outputs")
  func onnx() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try Small.run(config(#""epochs": 1"#), in: folder)
      let bytes = try ModelExport(LoadedModel(run.folder.path)).encoded(.onnx)
      let text = String(decoding: bytes, as: UTF8.self)
      for word in [
        "parity_classes", #"["0,2,4,6,8","1,3,5,7,9"]"#, #"["0","1","2","3","4","5","6","7","8","9"]"#,
        "parity_logits", "parity_probabilities",
      ] { #expect(text.contains(word), "\(word)") }
      #expect(!text.contains("digit_classes"))
    }
  }
}
