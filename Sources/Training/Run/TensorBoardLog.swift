import CNNEngine
import FileIO
import ImageFiles
import ModelFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// TensorBoard's event files of a run: one event per epoch in `tb/train` and in `tb/validation`; curves of the same
/// tag share a chart. Step 0 is the network before training.
struct TensorBoardLog: ~Copyable {
  private let model: Model
  private let histogramEveryEpochs: Int
  private let train: AppendOnlyFile
  private let validation: AppendOnlyFile?

  private static let (trainName, validationName) = ("train", "validation")
  private static let prefix = "events.out.tfevents."
  /// Names of files with larger numbers are no times, in seconds, at which one was written.
  private static let latestTime = 1 << 40

  private init(
    _ config: ExperimentConfig, train: consuming AppendOnlyFile, validation: consuming AppendOnlyFile?
  ) {
    (model, histogramEveryEpochs) = (config.model, config.log.histogramEveryEpochs)
    self.train = train
    self.validation = validation
  }

  /// Creates new event files in the folder of a run.
  ///
  /// - Parameter source: the folder of the resumed run; its event files are copied if it is another one.
  /// - Throws: `DataError.unwritable`.
  static func create(
    in folder: RunFolder, _ trainer: Trainer, resuming source: RunFolder?
  ) throws(DataError) -> TensorBoardLog {
    let config = trainer.config
    let hasBegun = trainer.progress.step > 0
    func create(_ name: String, _ events: [UInt8] = []) throws(DataError) -> AppendOnlyFile {
      let target = folder.tensorBoard.appending(name)
      try AtomicFile.createFolder(target)
      AtomicFile.removeLeftovers(in: target)
      if let source, !source.location.isSameFile(as: folder.location) {
        try copyFiles(from: source.tensorBoard.appending(name), to: target)
      }
      var bytes = record(0, .fileVersion)
      // A session start makes TensorBoard drop the epochs after the checkpoint that the run resumes from.
      if source != nil { bytes += record(hasBegun ? trainer.progress.epoch + 1 : 0, .start) }
      return try AppendOnlyFile.create(newFile(in: target), bytes: bytes + events)
    }
    let start =
      hasBegun || config.log.histogramEveryEpochs == 0
      ? [] : record(0, .summary(weights(of: config.model, trainer.parameters)))
    let train = try create(trainName, start)
    guard config.data.validation != nil else {
      return TensorBoardLog(config, train: train, validation: nil)
    }
    return TensorBoardLog(config, train: train, validation: try create(validationName))
  }

  /// Appends the events of an epoch.
  func append(_ metrics: EpochMetrics, parameters: FlatTensorBuffer) throws(DataError) {
    var values = [
      Self.scalar(.loss, metrics.loss), Self.scalar(.accuracy, metrics.accuracy),
      Self.scalar(.learningRate, metrics.learningRate),
      Self.scalar(.imagesPerSecond, metrics.imagesPerSecond),
    ]
    for output in metrics.outputs {
      values += Self.scalars(of: output, output.loss, output.accuracy)
    }
    if histogramEveryEpochs > 0, metrics.epoch % histogramEveryEpochs == 0 {
      values += Self.weights(of: model, parameters)
    }
    try train.append(Self.record(metrics.epoch, .summary(values)))
    if let loss = metrics.validationLoss, let accuracy = metrics.validationAccuracy {
      var values = [Self.scalar(.loss, loss), Self.scalar(.accuracy, accuracy)]
      for output in metrics.outputs {
        values += Self.scalars(of: output, output.validationLoss ?? .nan, output.validationAccuracy ?? .nan)
      }
      try validation?.append(Self.record(metrics.epoch, .summary(values)))
    }
  }

  /// The loss and the accuracy of one output, under the same tags in training and validation.
  private static func scalars(
    of output: EpochMetrics.Output, _ loss: Double, _ accuracy: Double
  ) -> [(tag: String, value: TensorBoardEvent.Value)] {
    zip(TrainConfig.Metric.metrics(ofOutput: output.name), [loss, accuracy]).map {
      (tag: $0.rawValue, value: .scalar($1))
    }
  }

  private static func scalar(
    _ key: RunEvent.Key, _ value: Double
  ) -> (tag: String, value: TensorBoardEvent.Value) {
    (key.rawValue, .scalar(value))
  }

  /// The histogram of each parameter, `conv1/weight`, and an image of the first convolution's filters, `conv1/filters`.
  private static func weights(
    of model: Model, _ parameters: FlatTensorBuffer
  ) -> [(tag: String, value: TensorBoardEvent.Value)] {
    let tensors = model.tensors(of: parameters)
    let histograms = tensors.map { tensor in
      (
        tag: tensor.name.replacing(".", with: "/"),
        value: TensorBoardEvent.Value.histogram(Histogram(tensor.values))
      )
    }
    let filters = tensors.lazy.compactMap { tensor in tensor.filterImages.map { (tensor.name, $0) } }.first
    guard let (name, images) = filters else { return histograms }
    let sheet = ContactSheet(images).images.enlarged(by: 8)
    let picture = TensorBoardEvent.Value.image(
      png: PNG.encode(sheet), height: sheet.shape.height, width: sheet.shape.width,
      channels: sheet.shape.channels)
    return histograms + [(name.replacing(".weight", with: "/filters"), picture)]
  }

  private static func record(_ step: Int, _ content: TensorBoardEvent.Content) -> [UInt8] {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let seconds = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    return TensorBoardEvent(wallTime: seconds, step: step, content).record
  }

  // MARK: Files

  /// A run's event files.
  static func files(in folder: RunFolder) -> [FileLocation] {
    [trainName, validationName].map { folder.tensorBoard.appending($0) }.flatMap { folder in
      eventFiles(in: folder).map { folder.appending($0) }
    }
  }

  private static func eventFiles(in folder: FileLocation) -> [String] {
    folder.fileNames.filter { $0.hasPrefix(prefix) }
  }

  private static func copyFiles(from source: FileLocation, to target: FileLocation) throws(DataError) {
    for name in eventFiles(in: source) {
      var file = try ByteSource(source.appending(name))
      try AtomicFile.write(file.readAll(), to: target.appending(name))
    }
  }

  /// `events.out.tfevents.<seconds>.<host>`; TensorBoard reads the files of a folder in the order of their names, so
  /// the seconds exceed those of every existing file.
  private static func newFile(in folder: FileLocation) -> FileLocation {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let existing = eventFiles(in: folder).compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }
      .filter { $0 < latestTime }
    let seconds = max(time(nil), (existing.max() ?? 0) + 1)
    return folder.appending("\(prefix)\(seconds).\(name.isEmpty ? "localhost" : name)")
  }
}
