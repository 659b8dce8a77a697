import CNNEngine
import Datasets
import Testing
import TestSupport
import Training

@Suite(.serialized) struct TrainerTests {
  @Test(
    "Every optimizer learns",
    arguments: [
      #"{ "type": "sgd", "lr": 0.1 }"#, #"{ "type": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": true }"#,
      #"{ "type": "adam", "lr": 0.01 }"#, #"{ "type": "adam", "flavor": "keras", "lr": 0.01 }"#,
      #"{ "type": "adagrad", "lr": 0.05 }"#, #"{ "type": "rmsprop", "lr": 0.003 }"#,
      #"{ "type": "rmsprop", "flavor": "tensorflow", "lr": 0.003 }"#,
    ])
  func learns(optimizer: String) throws {
    let config = try Small.config(optimizer: optimizer, train: #""epochs": 25, "batch_size": 20"#)
    let (trainer, epochs, outcome) = try Small.train(config)
    #expect(outcome == .finished && epochs.map(\.epoch) == Array(1...25))
    #expect(epochs[24].loss < 0.5 * epochs[0].loss)
    #expect(epochs[24].accuracy > 0.7 && (epochs[24].validationAccuracy ?? 0) > 0.5, "chance is 0.1")
    #expect(trainer.progress.step == 25 * 15)
  }

  @Test("Batches: the last one smaller, or dropped; each image once")
  func batches() throws {
    func epoch(_ train: String) throws -> (metrics: EpochMetrics, steps: [Int]) {
      let config = try Small.config(train: "\"epochs\": 1, \(train)")
      let trainer = try Trainer(config, data: Small.data(config), threadPool: ThreadPool(threads: 1))
      var images: [Int] = []
      var metrics: EpochMetrics?
      _ = try trainer.run { event in
        switch event {
        case .step(_, _, _, let sums): images.append(sums.images)
        case .epoch(let epoch, _): metrics = epoch
        }
      }
      return (try #require(metrics), images)
    }
    #expect(try epoch("\"batch_size\": 128").steps == [128, 256, 300])
    #expect(try epoch("\"batch_size\": 128, \"drop_last\": true").steps == [128, 256])
    #expect(try epoch("\"batch_size\": 300").steps == [300])
    #expect(try epoch("\"batch_size\": 1000").steps == [300])
    #expect(try epoch("\"batch_size\": 128").metrics.steps == 3)
    #expect(
      message { _ = try epoch("\"batch_size\": 301, \"drop_last\": true") }
        == "no batch: 300 images are fewer than a batch of 301, and an incomplete last batch is dropped (drop_last)"
    )
  }

  @Test("A batch that leaves a norm one value per channel is refused before the first step")
  func batchesOfNorms() throws {
    func fault(_ train: String, layers: String) -> String {
      message {
        let config = try Small.config(layers: layers, train: "\"epochs\": 1, \(train)")
        let trainer = try Trainer(config, data: Small.data(config), threadPool: ThreadPool(threads: 1))
        _ = try trainer.run { _ in }
      }
    }
    let flat = #""flatten", { "type": "batch_norm", "name": "norm" }, { "type": "dense", "units": 10 }"#
    let pixel =
      #"{ "type": "average_pool2d", "kernel": 12 }, { "type": "batch_norm", "name": "norm" }, \#(Small.linear)"#
    let map = #"{ "type": "batch_norm", "name": "norm" }, \#(Small.linear)"#
    let reason = #"leaves one value per channel to "norm", which normalizes by those of a batch; "#
    let last =
      "a last batch of 1 image " + reason + "set train.drop_last to true, or another train.batch_size"
    for layers in [flat, pixel] {
      #expect(
        fault("\"batch_size\": 1", layers: layers)
          == "test.json:5:41: train.batch_size: a batch of 1 image \(reason)use at least 2, and train.drop_last if a last "
          + "batch has 1")
      #expect(fault("\"batch_size\": 23", layers: layers) == "test.json:5:12: train: \(last)")
      #expect(fault("\"batch_size\": 23, \"drop_last\": true", layers: layers) == "no error")
      #expect(fault("\"batch_size\": 150", layers: layers) == "no error")
    }
    for size in [1, 23] { #expect(fault("\"batch_size\": \(size)", layers: map) == "no error") }
  }

  @Test("The metrics of an epoch are sums over its steps")
  func metrics() throws {
    // Without learning, the mean over the batches is the evaluation of the training set.
    let config = try Small.config(
      layers: Small.linear, optimizer: #"{ "type": "sgd", "lr": 0 }"#,
      train: #""epochs": 1, "batch_size": 128"#)
    let data = try Small.data(config)
    let threadPool = ThreadPool(threads: 1)
    let trainer = try Trainer(config, data: data, threadPool: threadPool)
    var found: EpochMetrics?
    var means: [Double] = []
    var before = EpochSums()
    _ = try trainer.run { event in
      switch event {
      case .step(_, _, _, let sums):
        means.append((sums.loss - before.loss) / Double(sums.images - before.images))
        before = sums
      case .epoch(let metrics, let isBest):
        found = metrics
        #expect(isBest)
      }
    }
    let metrics = try #require(found)
    let evaluator = Evaluator(config, parameters: trainer.parameters, threadPool: threadPool)
    let (training, test) = (try evaluator.evaluate(data.train), try evaluator.evaluate(data.test))
    #expect(abs(metrics.loss - training.loss) < 1e-6 && metrics.accuracy == training.accuracy)
    #expect(metrics.validationLoss == test.loss && metrics.validationAccuracy == test.accuracy)
    #expect(abs(metrics.summedLoss - means.reduce(0, +)) < 1e-9 && metrics.steps == 3)
    #expect(metrics.seconds > 0 && abs(metrics.imagesPerSecond * metrics.seconds - 300) < 1e-6)
  }

  @Test("Without shuffling all epochs have one order, with it each its own; the order follows the seed")
  func order() throws {
    func losses(_ train: String, seed: Int = 1) throws -> [Double] {
      let config = try Small.config(
        layers: Small.linear, optimizer: #"{ "type": "sgd", "lr": 0 }"#,
        train: "\"epochs\": 2, \"batch_size\": 100, \(train)", extra: "\"seed\": \(seed),")
      let trainer = try Trainer(config, data: Small.data(config), threadPool: ThreadPool(threads: 1))
      var losses: [Double] = []
      _ = try trainer.run { if case .step(_, 1, _, let sums) = $0 { losses.append(sums.loss) } }
      return losses
    }
    let ordered = try losses("\"shuffle\": false")
    #expect(ordered[0] == ordered[1])
    let shuffled = try losses("\"shuffle\": true")
    #expect(shuffled[0] != shuffled[1] && shuffled[0] != ordered[0])
    #expect(try losses("\"shuffle\": true") == shuffled)
  }

  @Test("The learning rate follows its schedule, step by step")
  func schedule() throws {
    func rates(_ schedule: String) throws -> [Double] {
      let config = try Small.config(
        layers: Small.linear, optimizer: #"{ "type": "sgd", "lr": 0.1, "schedule": \#(schedule) }"#,
        train: #""epochs": 4, "batch_size": 100"#)
      return try Small.train(config).epochs.map(\.learningRate)
    }
    #expect(try rates("\"constant\"") == [0.1, 0.1, 0.1, 0.1])
    let steps = try rates(#"{ "type": "step", "epochs": 2, "factor": 0.1 }"#)
    #expect(zip(steps, [0.1, 0.1, 0.01, 0.01]).allSatisfy { abs($0 - $1) < 1e-12 })
    let cosine = try rates("\"cosine\"")
    #expect(zip(cosine, cosine.dropFirst()).allSatisfy { $0 > $1 } && cosine[3] < 0.01)
  }

  @Test("Updates use the learning rate of the schedule")
  func scheduleReachesTheWeights() throws {
    // From the second epoch on the rate is 0: the weights stay as the first has left them.
    let schedule = #"{ "type": "step", "epochs": 1, "factor": 0 }"#
    func weights(_ epochs: Int) throws -> [Float] {
      let config = try Small.config(
        optimizer: #"{ "type": "sgd", "lr": 0.1, "schedule": \#(schedule) }"#,
        train: "\"epochs\": \(epochs), \"batch_size\": 100")
      let parameters = try Small.train(config).trainer.parameters
      return parameters[0..<parameters.count]
    }
    let first = try weights(1)
    #expect(try weights(3) == first)
    #expect(try first != Small.config().model.initialParameters(seed: 42)[0..<first.count])
  }

  @Test("Training starts from given weights")
  func initialWeights() throws {
    let config = try Small.config(train: #""epochs": 3, "batch_size": 20"#)
    let (trainer, epochs, _) = try Small.train(config)
    let weights = config.model.parameters.map {
      NamedTensor(name: $0.name, shape: $0.shape, values: trainer.parameters[$0.range])
    }
    let frozen = try Small.config(
      optimizer: #"{ "type": "sgd", "lr": 0 }"#, train: #""epochs": 1, "batch_size": 20"#)
    let second = try Small.train(frozen, weights: weights)
    #expect(second.epochs[0].validationLoss == epochs[2].validationLoss)
    let count = trainer.parameters.count
    #expect(second.trainer.parameters[0..<count] == trainer.parameters[0..<count])
  }

  // MARK: Early stopping

  @Test("Patience: as many epochs without improvement, as in Keras and Lightning", arguments: [0, 1, 2, 3])
  func patience(patience: Int) throws {
    let config = try Small.config(
      optimizer: #"{ "type": "sgd", "lr": 0 }"#,
      train: "\"epochs\": 9, \"early_stop\": { \"patience\": \(patience) }")
    let (trainer, epochs, outcome) = try Small.train(config)
    #expect(outcome == .stoppedEarly && epochs.count == 1 + max(1, patience))
    #expect(trainer.progress.best?.epoch == 1)
    #expect(trainer.progress.epochsWithoutImprovement == max(1, patience))
  }

  @Test("A change below min_delta is no improvement for early stopping, but for the best epoch")
  func minimumChange() throws {
    let config = try Small.config(
      optimizer: #"{ "type": "adam", "lr": 0.002 }"#,
      train: #""epochs": 9, "batch_size": 20, "early_stop": { "patience": 3, "min_delta": 1000 }"#)
    let (trainer, epochs, outcome) = try Small.train(config)
    #expect(outcome == .stoppedEarly && epochs.count == 4)
    let losses = epochs.compactMap(\.validationLoss)
    #expect(losses[3] < losses[0] && trainer.progress.best?.value == losses.min())
  }

  @Test("A run with improvements completes all epochs")
  func improving() throws {
    let config = try Small.config(
      layers: Small.linear, optimizer: #"{ "type": "sgd", "lr": 0.01 }"#,
      train: #""epochs": 6, "shuffle": false, "early_stop": { "monitor": "loss", "patience": 1 }"#)
    let (trainer, epochs, outcome) = try Small.train(config)
    #expect(outcome == .finished && epochs.count == 6)
    #expect(trainer.progress.epochsWithoutImprovement == 0 && trainer.monitor == .loss)
  }

  @Test("The metric of the best epoch: train.monitor, early stopping's, the validation accuracy, the loss")
  func monitor() throws {
    func monitor(_ train: String, data: String = "") throws -> TrainConfig.Metric {
      let config = try Small.config(data: data, train: "\"epochs\": 1\(train)")
      return try Trainer(config, data: Small.data(config), threadPool: ThreadPool(threads: 1)).monitor
    }
    #expect(try monitor("") == .validationAccuracy)
    #expect(try monitor("", data: "\"validation\": null") == .loss)
    #expect(try monitor("", data: #""validation": { "from": "test", "sample": 5 }"#) == .loss)
    #expect(try monitor(", \"early_stop\": {}") == .validationLoss)
    #expect(try monitor(", \"early_stop\": {}, \"monitor\": \"accuracy\"") == .accuracy)
  }

  @Test("The best epoch and early stopping may monitor different metrics")
  func twoMetrics() throws {
    let config = try Small.config(
      optimizer: #"{ "type": "adam", "lr": 0.003 }"#,
      train: """
        "epochs": 12, "batch_size": 20, "monitor": "val_accuracy",
        "early_stop": { "monitor": "val_loss", "patience": 12 }
        """)
    let (trainer, epochs, _) = try Small.train(config)
    #expect(trainer.progress.best?.value == epochs.compactMap(\.validationAccuracy).max())
    #expect(trainer.progress.bestWatched == epochs.compactMap(\.validationLoss).min())
    let first = epochs.first { $0.validationAccuracy == trainer.progress.best?.value }
    #expect(trainer.progress.best?.epoch == first?.epoch, "of equal epochs the first")
  }

  // MARK: Interruption

  @Test("A stop after a step leaves the weights and the progress of that step")
  func interruption() throws {
    let config = try Small.config(train: #""epochs": 3, "batch_size": 100"#)
    let threadPool = ThreadPool(threads: 1)
    let trainer = try Trainer(config, data: Small.data(config), threadPool: threadPool)
    var steps = 0
    let outcome = try trainer.run(shouldStop: { steps == 5 }) { if case .step = $0 { steps += 1 } }
    #expect(outcome == .interrupted)
    let progress = trainer.progress
    #expect(progress.epoch == 1 && progress.stepInEpoch == 2 && progress.step == 5)
    #expect(progress.sums.images == 200 && progress.best?.epoch == 1)
    // Another run has the same weights at this step and continues.
    let whole = try Trainer(config, data: Small.data(config), threadPool: threadPool)
    var there: [Float] = []
    _ = try whole.run {
      if case .step = $0, whole.progress.step == 5 { there = whole.parameters[0..<whole.parameters.count] }
    }
    #expect(there == trainer.parameters[0..<trainer.parameters.count])
    #expect(try trainer.run { _ in } == .finished)
    #expect(trainer.parameters[0..<there.count] == whole.parameters[0..<there.count])
    #expect(trainer.progress == whole.progress)
  }

  @Test("A stop between two epochs, and one after the last step")
  func interruptionBetweenEpochs() throws {
    let config = try Small.config(train: #""epochs": 2, "batch_size": 300"#)
    for (stopAfter, outcome) in [(1, TrainingOutcome.interrupted), (2, .finished)] {
      let trainer = try Trainer(config, data: Small.data(config), threadPool: ThreadPool(threads: 1))
      #expect(try trainer.run(shouldStop: { trainer.progress.step == stopAfter }) { _ in } == outcome)
      #expect(trainer.progress.epoch == stopAfter && trainer.progress.stepInEpoch == 0)
      #expect(trainer.progress.sums == EpochSums())
    }
  }

  // MARK: Regularisers

  /// The activities of a dense layer behind `flatten`, a mean of absolute values over images and units.
  private func meanActivity(_ trainer: Trainer, _ images: Subset, units: Int) -> Double {
    let weights = trainer.parameters[trainer.config.model.parameters[0].range]
    let biases = trainer.parameters[trainer.config.model.parameters[1].range]
    var sum = 0.0
    for image in 0..<images.count {
      let pixels = images[image].map { Float($0) / 255 }
      for unit in 0..<units {
        let row = weights[unit * pixels.count..<(unit + 1) * pixels.count]
        sum += Double(abs(zip(row, pixels).reduce(biases[unit]) { $0 + $1.0 * $1.1 }))
      }
    }
    return sum / Double(images.count * units)
  }

  /// Trains `flatten`, dense 16 and dense 10 with options on each.
  private func mlp(_ first: String = "", _ second: String = "", optimizer: String = "") throws -> Trainer {
    let config = try Small.config(
      layers: """
        "flatten", { "type": "dense", "name": "fc1", "units": 16\(first) },
        { "type": "dense", "name": "fc2", "units": 10\(second) }, "softmax"
        """,
      optimizer: #"{ "type": "adam", "lr": 0.01\#(optimizer) }"#, train: #""epochs": 12, "batch_size": 20"#)
    return try Small.train(config).trainer
  }

  private func norms(_ trainer: Trainer, _ parameter: Int) -> [Double] {
    let spec = trainer.config.model.parameters[parameter]
    let weights = trainer.parameters[spec.range]
    let length = spec.count / spec.shape[0]
    return (0..<spec.shape[0]).map { unit in
      weights[unit * length..<(unit + 1) * length].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  @Test(
    "L2, L1 and weight decay shrink weights, max-norm bounds them, activity regularization shrinks outputs")
  func regularizers() throws {
    let plain = try mlp()
    func total(_ trainer: Trainer) -> Double { norms(trainer, 0).reduce(0, +) }
    #expect(try total(mlp(", \"l2\": 0.01")) < 0.7 * total(plain))
    #expect(try total(mlp(", \"l1\": 0.001")) < 0.7 * total(plain))
    #expect(try total(mlp(optimizer: ", \"flavor\": \"keras\", \"weight_decay\": 0.3")) < 0.9 * total(plain))
    #expect(norms(plain, 2).contains { $0 > 1 })
    let held = try mlp("", ", \"max_norm\": 1")
    #expect(norms(held, 2).allSatisfy { $0 <= 1 + 1e-5 } && norms(held, 2).contains { $0 > 0.99 })
    let images = try Small.data(plain.config).test
    let (loud, quiet) = (
      meanActivity(plain, images, units: 16),
      meanActivity(try mlp(", \"activity_l1\": 0.1"), images, units: 16)
    )
    #expect(quiet < 0.7 * loud)
    let calm = meanActivity(try mlp(", \"activity_l2\": 0.1"), images, units: 16)
    #expect(calm < 0.8 * loud)
  }

  // MARK: Determinism

  @Test("The same bits for any number of threads and in every run; other bits for another seed")
  func determinism() throws {
    func weights(seed: Int, threads: Int) throws -> [Float] {
      let config = try Small.config(train: #""epochs": 2, "batch_size": 70"#, extra: "\"seed\": \(seed),")
      let parameters = try Small.train(config, threads: threads).trainer.parameters
      return parameters[0..<parameters.count]
    }
    let first = try weights(seed: 1, threads: 1)
    for threads in [1, 2, 3, 4] { #expect(try weights(seed: 1, threads: threads) == first) }
    #expect(try weights(seed: 2, threads: 1) != first)
  }

  @Test(
    "Real MNIST: an epoch of 15,000 digits teaches LeNet to read 94 of 100", .enabled(if: mnistFolder != nil))
  func mnist() throws {
    let config = try ConfigSource.load(
      ConfigSource.json("lenet"), flags: [],
      settings: ["train.epochs=1", "data.resplit={\"train\":20000,\"test\":5000}"])
    let data = try Small.data(config, directory: mnistFolder)
    let trainer = try Trainer(config, data: data, threadPool: ThreadPool(threads: 2))
    var accuracy = 0.0
    _ = try trainer.run { if case .epoch(let epoch, _) = $0 { accuracy = epoch.validationAccuracy ?? 0 } }
    #expect(accuracy > 0.94)
  }
}
