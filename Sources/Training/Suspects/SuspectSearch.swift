import CNNEngine
import Datasets
import FileIO
import Formatting

/// Ranks the images of a split by how probably their labels are wrong. Networks only judge images that they were not
/// trained on: all of them the test images or a common validation set, those of a cross-validation each the training
/// images of its own fold.
public struct SuspectSearch {
  /// The data of the first network.
  public let data: ExperimentData
  /// The images, numbered by their positions.
  public let images: Subset
  /// The number of networks that judge each image, the smallest and the largest.
  public let judges: ClosedRange<Int>
  /// The ranking.
  public let ranking: LabelSuspects

  /// Evaluates networks on the images of `split`.
  ///
  /// - Parameter progress: called with the numbers of evaluated images and of all.
  /// - Throws: `DataError.unsatisfiable` for training images that a network may have been trained on; as
  ///   `SplitLoader.load` and `Ensemble.evaluate`.
  public init(
    _ models: [LoadedModel], split: ExperimentData.Split, views: [PixelShift], loader: inout SplitLoader,
    threadPool: ThreadPool, progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    try models.checkSameOutputs()
    var judged: [Int32: Judged] = [:]
    func judge(_ ensemble: Ensemble, _ subset: Subset, of data: ExperimentData) throws {
      _ = try ensemble.evaluate(
        subset, of: data, progress: { done, _ in try progress(done, subset.count) },
        scored: { position, label, logits in
          let index = subset.indices[position]
          judged[index, default: Judged(label: label, classes: logits.count)]
            .add(Prediction(scores: logits).probabilities, of: ensemble.models.count)
        })
    }
    if split == .train {
      try models.checkFolds()
      var first: (data: ExperimentData, fingerprint: String)?
      for model in models {
        let (data, subset, _) = try loader.load(.validation, of: model)
        let fingerprint = data.fingerprint()
        if let first, first.fingerprint != fingerprint {
          throw DataError.unsatisfiable(
            reason: "\(model.path) was trained on other images than \(models[0].path)")
        }
        first = first ?? (data, fingerprint)
        try judge(Ensemble([model], views: views, threadPool: threadPool), subset, of: data)
      }
      guard let first else { throw DataError.unsatisfiable(reason: "no network") }
      data = first.data
      images = Subset(of: data.train.images, indices: judged.keys.sorted())
    } else {
      (data, images) = try loader.load(split, ofAll: models)
      try judge(Ensemble(models, views: views, threadPool: threadPool), images, of: data)
    }
    let counts = judged.values.map(\.judges)
    judges = (counts.min() ?? 0)...(counts.max() ?? 0)
    let rows = images.indices.enumerated().compactMap { position, index in
      judged[index].map { (image: position, label: $0.label, probabilities: $0.means) }
    }
    ranking = LabelSuspects(rows, classes: models[0].config.model.outputs[0].classes)
  }

  /// What `cnn predict` calls an image; of training images, which folds number otherwise, the number in the files.
  public func name(of image: Int, in split: ExperimentData.Split) -> String {
    "\(split.rawValue)@\(split == .train ? Int(images.indices[image]) : image)"
  }
}

/// What networks have said to an image.
private struct Judged {
  let label: Int
  /// The number of networks.
  private(set) var judges = 0
  private var sums: [Double]

  init(label: Int, classes: Int) {
    (self.label, sums) = (label, Array(repeating: 0, count: classes))
  }

  /// The mean probability of each class.
  var means: [Double] { sums.map { $0 / Double(max(1, judges)) } }

  /// Adds the mean probabilities of `count` networks.
  mutating func add(_ probabilities: [Double], of count: Int) {
    judges += count
    for (label, probability) in probabilities.enumerated() { sums[label] += probability * Double(count) }
  }
}

extension [LoadedModel] {
  /// Checks that each was trained without a fold of the training images, which it can judge.
  ///
  /// - Throws: `DataError.unsatisfiable`.
  fileprivate func checkFolds() throws(DataError) {
    for model in self where model.config.resolved["data"]?["fold"]?.isNull ?? true {
      throw .unsatisfiable(
        reason: "\(model.path) was trained on the training images and cannot judge them; name the runs of a "
          + "cross-validation (cnn sweep --folds 5), each of which judges its own fold")
    }
  }
}

extension SuspectSearch {
  /// How many of the images whose labels are known to be wrong are among `suspects`; nil for data of which none are known.
  public func wrongLabels(in suspects: some Sequence<LabelSuspects.Suspect>) -> (found: Int, count: Int)? {
    let wrong = data.dataset.wrongLabels
    let count = images.indices.count(where: wrong.contains)
    return count == 0 ? nil : (suspects.count { wrong.contains(images.indices[$0.image]) }, count)
  }
}
