import CNNEngine
import ConfigDecoding
import Foundation
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

/// Small networks on small synthetic digits.
enum Small {
  /// A config whose parts can be replaced, a key for each line of text.
  ///
  /// Synthetic digits of 12x12 pixels, a convolution and a dense layer: 1,490 parameters.
  static func config(
    data: String = "", layers: String = convolution, optimizer: String = #"{ "type": "adam", "lr": 0.01 }"#,
    train: String = #""epochs": 2, "batch_size": 32"#, outputs: String = "", extra: String = ""
  ) throws -> ExperimentConfig {
    let data = data.isEmpty ? #""validation": { "from": "test" }"# : data
    return try parse(
      """
      { "name": "small", \(extra)
        "data": { "dataset": "builtin", "builtin": { "train": 300, "test": 100 }, \(data) },
        "model": { "input": [1, 12, 12], "layers": [ \(layers) ]\(outputs.isEmpty ? "" : ", \"outputs\": [ \(outputs) ]") },
        "optimizer": \(optimizer),
        "train": { \(train) } }
      """)
  }

  static let convolution = """
    { "type": "conv2d", "name": "conv", "filters": 4, "kernel": 3 }, "relu",
    { "type": "max_pool2d", "kernel": 2 }, { "type": "dropout", "rate": 0.1 }, "flatten",
    { "type": "dense", "name": "fc", "units": 10 }
    """

  /// A convolution with a norm of maps, and a norm of flattened features, which are in another order in Keras.
  static let normed = """
    { "type": "conv2d", "name": "conv", "filters": 4, "kernel": 3 }, { "type": "batch_norm", "name": "norm" }, "relu",
    { "type": "max_pool2d", "kernel": 2 }, { "type": "dropout", "rate": 0.1 }, "flatten",
    { "type": "batch_norm", "name": "flat" },
    { "type": "dense", "name": "fc", "units": 10 }
    """

  static let linear = #""flatten", { "type": "dense", "name": "fc", "units": 10 }"#

  /// A trunk with two heads: the digit, and whether it is odd.
  static let heads = """
    "flatten", { "type": "dense", "name": "trunk", "units": 16, "l2": 0.001 }, "relu",
    { "type": "dense", "name": "digit", "units": 10 },
    { "type": "dense", "name": "parity", "units": 2, "from": "relu1" }
    """

  /// The outputs of `heads`.
  static let headOutputs = #"{ "layer": "digit" }, \#(parityOutput)"#

  static let parityOutput =
    #"{ "layer": "parity", "weight": 0.5, "labels": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] }"#

  /// The model with two heads, digit and parity.
  static func twoHeads(
    _ train: String = #""epochs": 2, "batch_size": 32"#, data: String = "", extra: String = ""
  ) throws -> ExperimentConfig {
    try config(data: data, layers: heads, train: train, outputs: headOutputs, extra: extra)
  }

  /// A model that only tells odd from even.
  static func parity() throws -> ExperimentConfig {
    try config(
      layers: #""flatten", { "type": "dense", "name": "parity", "units": 2 }"#, outputs: parityOutput)
  }

  static func parse(_ text: String) throws -> ExperimentConfig {
    try ExperimentConfig(json(text))
  }

  static func json(_ text: String) throws -> JSON {
    try JSON(parsing: Array(text.utf8), origin: "test.json")
  }

  /// The images of a config, synthetic or from `directory`.
  static func data(_ config: ExperimentConfig, directory: String? = nil) throws -> ExperimentData {
    let environment = DataEnvironment(variables: [:], currentFolder: "/nowhere")
    return try ExperimentData.load(config, directory: directory, environment: environment)
  }

  /// Trains without a folder.
  static func train(
    _ config: ExperimentConfig, threads: Int = 1, weights: [NamedTensor]? = nil
  ) throws -> (trainer: Trainer, epochs: [EpochMetrics], outcome: TrainingOutcome) {
    let trainer = try Trainer(
      config, data: data(config), threadPool: ThreadPool(threads: threads), weights: weights)
    var epochs: [EpochMetrics] = []
    let outcome = try trainer.run { event in
      if case .epoch(let metrics, _) = event { epochs.append(metrics) }
    }
    return (trainer, epochs, outcome)
  }

  /// Trains into `folder`, reports the events, and stops when `shouldStop` says so.
  @discardableResult
  static func run(
    _ config: ExperimentConfig, in folder: String, threads: Int = 1, overwrite: Bool = false,
    weights: [NamedTensor]? = nil, shouldStop: () -> Bool = { false },
    report: (TrainingEvent?, RunEvent?) throws -> Void = { _, _ in }
  ) throws -> (run: TrainingRun, result: TrainingRun.Result) {
    let folder = try RunFolder.create(output: folder, name: config.name, overwrite: overwrite)
    let run = try TrainingRun.create(
      config, data: data(config), in: folder, threadPool: ThreadPool(threads: threads), weights: weights)
    return (run, try run.run(shouldStop: shouldStop, report: report))
  }

  /// Resumes a run, as `cnn train --resume` does.
  @discardableResult
  static func resume(
    _ path: String, epochs: Int? = nil, output: String? = nil, threads: Int = 1,
    report: (TrainingEvent?, RunEvent?) throws -> Void = { _, _ in }
  ) throws -> (run: TrainingRun, result: TrainingRun.Result) {
    let folder = try output == nil ? RunFolder.open(resuming: path) : nil
    var resumePoint = try ResumePoint(path, in: folder)
    try resumePoint.apply(epochs.map { [("train.epochs", JSON($0), "--epochs \($0)")] } ?? [])
    let config = resumePoint.checkpoint.config
    let run = try TrainingRun.create(
      config, data: data(config),
      in: folder ?? RunFolder.create(output: output, name: config.name, overwrite: false),
      threadPool: ThreadPool(threads: threads), resuming: resumePoint)
    return (run, try run.run(shouldStop: { false }, report: report))
  }
}

/// Changes a safetensors file and gives it a new checksum.
func rewrite(_ path: String, _ change: (inout SafeTensors) throws -> Void) throws {
  var file = try SafeTensors(contentsOf: path)
  try change(&file)
  try write(file.encoded(), path)
}

/// The root of the repository.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// The folder of real MNIST, if `CNN_DATA_DIR` is set.
let mnistFolder = ProcessInfo.processInfo.environment["CNN_DATA_DIR"]
