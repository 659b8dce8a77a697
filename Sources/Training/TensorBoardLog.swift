import CNNEngine
import FileIO
import ImageFiles
import ModelFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a run writes for TensorBoard: an event for every epoch in `tb/train` and in `tb/validation`, whose curves
/// of one name share a chart. Step 0 is the network before training.
struct TensorBoardLog: ~Copyable {
  private let model: Model
  private let histogramEveryEpochs: Int
  private let train: AppendOnlyFile
  private let validation: AppendOnlyFile?

  private static let (trainName, validationName) = ("train", "validation")
  private static let prefix = "events.out.tfevents."

  /// Begins new files in the folder of a run, or where it goes on from.
  ///
  /// - Parameter source: the folder of the run that goes on; its files are copied unless they are there already.
  init(
    in folder: RunFolder, _ config: ExperimentConfig, _ trainer: Trainer, goingOnFrom source: RunFolder?
  ) throws(DataError) {
    func begin(_ name: String, _ events: [UInt8] = []) throws(DataError) -> AppendOnlyFile {
      let target = joinPath(folder.tensorBoard, name)
      try AtomicFile.createFolder(target)
      AtomicFile.removeLeftovers(in: target)
      if let source, !isSameFile(source.path, folder.path) {
        try Self.copyFiles(from: joinPath(source.tensorBoard, name), to: target)
      }
      var bytes = Self.record(0, .fileVersion)
      // TensorBoard drops the epochs that were written, but not reached by the checkpoint this run goes on from.
      if source != nil { bytes += Self.record(hasBegun ? trainer.progress.epoch + 1 : 0, .start) }
      return try AppendOnlyFile(path: Self.newFile(in: target), bytes: bytes + events)
    }
    let hasBegun = trainer.progress.step > 0
    let histogramEveryEpochs = config.log.histogramEveryEpochs
    let start =
      hasBegun || histogramEveryEpochs == 0
      ? [] : Self.record(0, .summary(Self.weights(of: config.model, trainer.parameters)))
    let train = try begin(Self.trainName, start)
    let validation = config.data.validation == nil ? nil : try begin(Self.validationName)
    (model, self.histogramEveryEpochs) = (config.model, histogramEveryEpochs)
    self.train = train
    self.validation = validation
  }

  /// Adds the event of an epoch.
  func append(_ metrics: EpochMetrics, parameters: FlatTensorBuffer) throws(DataError) {
    var values: [(tag: String, value: TensorBoardEvent.Value)] = [
      ("loss", .scalar(metrics.loss)), ("accuracy", .scalar(metrics.accuracy)),
      ("learning_rate", .scalar(metrics.learningRate)),
      ("images_per_second", .scalar(metrics.imagesPerSecond)),
    ]
    if histogramEveryEpochs > 0, metrics.epoch % histogramEveryEpochs == 0 {
      values += Self.weights(of: model, parameters)
    }
    try train.append(Self.record(metrics.epoch, .summary(values)))
    if let loss = metrics.validationLoss, let accuracy = metrics.validationAccuracy {
      try validation?.append(
        Self.record(metrics.epoch, .summary([("loss", .scalar(loss)), ("accuracy", .scalar(accuracy))])))
    }
  }

  /// A histogram of each parameter, `conv1/weight`, and the filters of the first convolution, `conv1/filters`.
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

  /// All event files of a run.
  static func files(in folder: RunFolder) -> [String] {
    [trainName, validationName].map { joinPath(folder.tensorBoard, $0) }.flatMap { folder in
      eventFiles(in: folder).map { joinPath(folder, $0) }
    }
  }

  private static func eventFiles(in folder: String) -> [String] {
    fileNames(in: folder).filter { $0.hasPrefix(prefix) }
  }

  private static func copyFiles(from source: String, to target: String) throws(DataError) {
    for name in eventFiles(in: source) {
      var file = try ByteSource(path: joinPath(source, name))
      try AtomicFile.write(file.readAll(), to: joinPath(target, name))
    }
  }

  /// `events.out.tfevents.<seconds>.<host>`; TensorBoard reads the files of a folder in the order of their names, so
  /// the seconds are more than those of any file that is there.
  private static func newFile(in folder: String) -> String {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let taken = eventFiles(in: folder).compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }
    let seconds = max(time(nil), (taken.max() ?? 0) + 1)
    return joinPath(folder, "\(prefix)\(seconds).\(name.isEmpty ? "localhost" : name)")
  }
}
