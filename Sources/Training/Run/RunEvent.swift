import CNNEngine
import ConfigDecoding
import JSONText

/// An event of a training run: one JSON object, a line of `events.jsonl` and of `cnn train --json`.
///
/// A run writes one `start`, one `epoch` per epoch and one `done`; a resumed run appends to them.
public struct RunEvent: Sendable, Equatable {
  /// The kinds of events: the values of the key `event`.
  public enum Kind: String, Sendable {
    /// A run starts or resumes: its data, model and machine.
    case start
    /// An epoch is complete: its metrics.
    case epoch
    /// A run ended: its outcome, its checkpoint and the metrics of the test set.
    case done
    /// What a run would do; printed by `cnn train --dry-run`, never written.
    case dryRun = "dry_run"
  }

  /// The keys of all events; those of an epoch's metrics are also the columns of `metrics.csv` and TensorBoard's tags.
  public enum Key: String, Sendable {
    case event
    // start, dry_run
    case name, output, dataset, data, parameters, epochs, seed, threads, cpu, resumed
    case trainImages = "train_images"
    case testImages = "test_images"
    case stepsPerEpoch = "steps_per_epoch"
    case batchSize = "batch_size"
    case initialWeights = "init"
    /// In bytes.
    case memory
    // epoch
    case epoch, loss, accuracy, steps, seconds, best
    case validationLoss = "val_loss"
    case validationAccuracy = "val_accuracy"
    case summedLoss = "loss_sum"
    case learningRate = "learning_rate"
    case imagesPerSecond = "images_per_second"
    // done
    case outcome, checkpoint
    case bestEpoch = "best_epoch"
    case testAccuracy = "test_accuracy"
    case testLoss = "test_loss"
    // resumed
    case step
  }

  /// The event as a JSON object.
  public let json: JSON

  /// The event as one line of text.
  public var line: String { json.text(pretty: false) }

  /// An event; those of several outputs also have members by the names of outputs.
  private init(_ kind: Kind, _ members: [(key: Key, value: JSON?)], outputs: [(String, JSON)] = []) {
    var json = JSON(members: [(.event, JSON(kind.rawValue))] + members)
    for (key, value) in outputs { json[key] = value }
    self.json = json
  }

  // MARK: Reading

  /// Reads a line of `events.jsonl`; any JSON value is accepted.
  ///
  /// - Throws: `ConfigError` for a line that is not JSON.
  init(parsing line: String, origin: String) throws(ConfigError) {
    json = try JSON(parsing: Array(line.utf8), origin: origin)
  }

  /// The kind; nil for one that this program does not know.
  public var kind: Kind? { self[.event]?.string.flatMap(Kind.init) }

  /// The value of a key; nil where the event does not have it.
  public subscript(key: Key) -> JSON? { json[key.rawValue] }

  /// The epoch of an `epoch` event; nil for other events.
  var epoch: Int? { kind == .epoch ? self[.epoch]?.integer : nil }

  /// The number of complete epochs from which a `start` event resumed; nil for a new run.
  public var resumedEpoch: Int? { self[.resumed]?[Key.epoch.rawValue]?.integer }

  // MARK: Writing

  /// The start of a run.
  ///
  /// - Parameters:
  ///   - resumedFrom: the checkpoint of a resumed run; nil for a new run.
  ///   - hasInitialWeights: whether the run starts from given weights instead of random ones.
  static func start(
    _ trainer: Trainer, data: ExperimentData, folder: RunFolder, threads: Int, resumedFrom: String?,
    hasInitialWeights: Bool
  ) -> RunEvent {
    let progress = trainer.progress
    let resumed = resumedFrom.map {
      JSON(members: [
        (.checkpoint, JSON($0)), (.epoch, JSON(progress.epoch)), (.step, JSON(progress.stepInEpoch)),
      ])
    }
    return experiment(
      .start, trainer.config, data: data, threads: threads, output: folder.path,
      stepsPerEpoch: trainer.stepsPerEpoch,
      and: [
        (.cpu, JSON(CPUFeatures.name)), (.initialWeights, hasInitialWeights ? true : nil),
        (.resumed, resumed),
      ])
  }

  /// What a run of `config` would do.
  public static func dryRun(
    _ config: ExperimentConfig, data: ExperimentData, threads: Int, memory: MemoryForecast
  ) -> RunEvent {
    experiment(.dryRun, config, data: data, threads: threads, and: [(.memory, JSON(memory.bytes))])
  }

  private static func experiment(
    _ kind: Kind, _ config: ExperimentConfig, data: ExperimentData, threads: Int, output: String? = nil,
    stepsPerEpoch: Int? = nil, and others: [(key: Key, value: JSON?)] = []
  ) -> RunEvent {
    RunEvent(
      kind,
      [
        (.name, JSON(config.name)), (.output, output.map { JSON($0) }), (.dataset, JSON(data.name)),
        (.data, JSON(data.origin)), (.trainImages, JSON(data.train.count)),
        (.testImages, JSON(data.test.count)), (.parameters, JSON(config.model.parameterCount)),
        (.epochs, JSON(config.train.epochs)), (.stepsPerEpoch, stepsPerEpoch.map { JSON($0) }),
        (.batchSize, JSON(config.train.batchSize)), (.seed, JSON(config.seed)), (.threads, JSON(threads)),
      ] + others)
  }

  /// A complete epoch; metrics without a value are `null`.
  package static func epoch(_ metrics: EpochMetrics, isBest: Bool) -> RunEvent {
    RunEvent(
      .epoch,
      [
        (.epoch, JSON(metrics.epoch)), (.loss, JSON(metrics.loss)), (.accuracy, JSON(metrics.accuracy)),
        (.validationLoss, JSON(orNull: metrics.validationLoss)),
        (.validationAccuracy, JSON(orNull: metrics.validationAccuracy)),
        (.summedLoss, JSON(metrics.summedLoss)), (.learningRate, JSON(metrics.learningRate)),
        (.steps, JSON(metrics.steps)), (.seconds, JSON(metrics.seconds)),
        (.imagesPerSecond, JSON(metrics.imagesPerSecond)), (.best, JSON(isBest)),
      ],
      outputs: metrics.outputs.flatMap { output in
        output.values.map { ($0.metric.rawValue, JSON(orNull: $0.value)) }
      })
  }

  /// The end of a run; of several outputs each has its own `test_<output>_accuracy` and `test_<output>_loss`.
  static func done(_ result: TrainingRun.Result) -> RunEvent {
    let outputs = result.test?.separateOutputs ?? []
    return RunEvent(
      .done,
      [
        (.outcome, JSON(result.outcome.rawValue)), (.checkpoint, JSON(result.checkpoint)),
        (.bestEpoch, result.bestEpoch.map { JSON($0) } ?? .null),
        (.testAccuracy, JSON(orNull: result.test?.accuracy)), (.testLoss, JSON(orNull: result.test?.loss)),
      ],
      outputs: outputs.flatMap { output in
        [
          ("test_\(output.name)_accuracy", JSON(output.accuracy)),
          ("test_\(output.name)_loss", JSON(output.loss)),
        ]
      })
  }
}

extension JSON {
  /// An object of the members that have a value.
  fileprivate init(members: [(key: RunEvent.Key, value: JSON?)]) {
    self.init(object: members.compactMap { key, value in value.map { (key.rawValue, $0) } })
  }

  /// A number, or `null` for nil.
  init(orNull number: Double?) { self = number.map { JSON($0) } ?? .null }
}
