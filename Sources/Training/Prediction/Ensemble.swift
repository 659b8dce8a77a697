import CNNEngine
import Datasets
import FileIO
import Formatting
import ImageFiles
import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Trained networks that predict together by the mean of their probabilities, each for one or several shifted views of
/// an image.
public struct Ensemble {
  /// The networks.
  public let models: [LoadedModel]
  /// The views of each image.
  public let views: [PixelShift]
  private let evaluators: [Evaluator]

  /// The images that are evaluated at a time.
  private static let chunk = 1000

  /// An ensemble of at least one network.
  ///
  /// - Parameter views: what is predicted of each image, the image itself first.
  /// - Throws: `DataError.unsuitable` where two have different inputs, outputs or classes; `CheckpointError` for a config,
  ///   which has no weights.
  public init(
    _ models: [LoadedModel], views: [PixelShift] = [PixelShift(x: 0, y: 0)], threadPool: ThreadPool
  ) throws {
    precondition(!models.isEmpty && !views.isEmpty, "an ensemble needs a network and a view")
    try models.checkSameOutputs()
    (self.models, self.views) = (models, views)
    evaluators = try models.map { try Evaluator($0, threadPool: threadPool) }
  }

  /// Whether it is one network that sees each image as it is.
  public var isSingle: Bool { models.count == 1 && views.count == 1 }

  /// What the user calls it: `runs/a/model.ckpt`, `a vote of 3 networks, 5 views each`.
  public var name: String {
    let name = Self.name(of: models.count, single: models[0].path)
    return views.count == 1 ? name : "\(name), \(views.count) views each"
  }

  /// What `count` networks are called, of which a single one has a name.
  package static func name(of count: Int, single: String) -> String {
    count == 1 ? single : "a vote of \(count.pluralized("network"))"
  }

  private var outputs: [ModelOutput] { models[0].config.model.outputs }

  /// The networks, made for `images` images at a time.
  ///
  /// - Throws: `InsufficientMemory` or `MemoryError`.
  package func prepare(for images: Int) throws {
    for evaluator in evaluators { try evaluator.prepare(for: images) }
  }

  /// The prediction for every image.
  ///
  /// - Parameter names: what errors call the images; by default their numbers.
  /// - Throws: as `Evaluator.predictions`.
  public func predictions(_ images: Images, names: [String]? = nil) throws -> [Prediction] {
    if isSingle { return try evaluators[0].predictions(images, names: names) }
    let separate = models[0].config.model.separateOutputs
    return try probabilities(images, names: names) { _, _, _ in }.map { means in
      Prediction(
        probabilities: means[0],
        outputs: zip(separate, means).map {
          Prediction.Output(name: $0.name, prediction: Prediction(probabilities: $1))
        })
    }
  }

  /// The metrics over `subset`, of several networks or views with what their vote gains over each network alone. The
  /// losses of a vote are those of its probabilities.
  ///
  /// - Parameters:
  ///   - experiment: the data that the images are part of.
  ///   - progress: called with the numbers of evaluated and of correctly classified images.
  ///   - scored: called for every image with its position, and its label and log-probabilities at the main output.
  /// - Throws: as `Evaluator.evaluate`.
  public func evaluate(
    _ subset: Subset, of experiment: ExperimentData,
    progress: (_ done: Int, _ correct: Int) throws -> Void = { _, _ in },
    scored: ((_ position: Int, _ label: Int, _ logits: [Float]) -> Void)? = nil
  ) throws -> (evaluation: Evaluation, gain: VoteGain?) {
    if isSingle {
      let evaluation = try evaluators[0].evaluateProbabilities(
        subset, of: experiment, progress: progress, scored: scored)
      return (evaluation, nil)
    }
    guard subset.count > 0 else { throw DataError.unsatisfiable(reason: "no batch: there are no images") }
    var confusions = outputs.map { ConfusionMatrix(classes: $0.classes) }
    var losses = outputs.map { _ in 0.0 }
    var tally = ScoreTally(subset, of: experiment)
    var votes: [Bool] = []
    var singles = models.map { _ in [Bool]() }
    for first in stride(from: 0, to: subset.count, by: Self.chunk) {
      let range = first..<min(first + Self.chunk, subset.count)
      let labels = range.map { position in
        outputs.map { $0.label(ofClass: Int(subset.label(at: position))) }
      }
      let means = try probabilities(subset.images(at: range), names: range.map { "image \($0)" }) {
        singles[$0].append($2 == labels[$1][0])
      }
      for (position, means) in zip(range, means) {
        for (output, mean) in means.enumerated() {
          let (label, vote) = (labels[position - first][output], Prediction(probabilities: mean))
          confusions[output].add(label: label, prediction: vote.label)
          losses[output] -= vote.logits[label]
          if output > 0 { continue }
          let logits = vote.logits.map { Float($0) }
          votes.append(label == vote.label)
          tally.add(position, label: label, logits: logits)
          scored?(position, label, logits)
        }
      }
      try progress(votes.count, votes.count { $0 })
    }
    let count = Double(subset.count)
    var evaluation = Evaluation(
      loss: zip(outputs, losses).reduce(0) { $0 + Double($1.0.weight) * $1.1 } / count,
      outputs: outputs.indices.map {
        Evaluation.Output(name: outputs[$0].name, loss: losses[$0] / count, confusion: confusions[$0])
      })
    tally.complete(&evaluation)
    return (evaluation, VoteGain(votes, singles: zip(models.map(\.path), singles).map { ($0, $1) }))
  }

  /// The mean probabilities of every image at every output, `[N][outputs][classes]`.
  ///
  /// - Parameter single: called for every network and image with the class that the network alone predicts at the main
  ///   output for the image as it is; in the order of the images.
  private func probabilities(
    _ images: Images, names: [String]?, single: (_ network: Int, _ image: Int, _ prediction: Int) -> Void
  ) throws -> [[[Double]]] {
    var sums: [[[Double]]] = []
    for (number, evaluator) in evaluators.enumerated() {
      for (view, shift) in views.enumerated() {
        let all = try evaluator.allScores(images.shifted(shift), names: names)
        for (image, scores) in all.enumerated() {
          let predictions = scores.map { Prediction(scores: $0) }
          if view == 0 { single(number, image, predictions[0].label) }
          if sums.count == image {
            sums.append(predictions.map(\.probabilities))
            continue
          }
          for (output, prediction) in predictions.enumerated() {
            for (label, probability) in prediction.probabilities.enumerated() {
              sums[image][output][label] += probability
            }
          }
        }
      }
    }
    let count = Double(evaluators.count * views.count)
    return sums.map { $0.map { $0.map { $0 / count } } }
  }
}

extension [LoadedModel] {
  /// Checks that all have the input, the outputs and the classes of the first; they may differ in everything else.
  ///
  /// - Throws: `DataError.unsuitable`.
  func checkSameOutputs() throws(DataError) {
    guard let first else { return }
    func outputs(_ model: LoadedModel) -> [String] {
      zip(model.config.model.outputs, model.outputClassNames).map { output, names in
        let name = model.config.model.outputs.count == 1 ? "" : "\(output.name): "
        return name + output.classes.pluralized("class") + (names.count == output.classes ? " \(names)" : "")
      }
    }
    for model in dropFirst() {
      let (input, own) = (first.config.model.input, model.config.model.input)
      guard input == own else {
        throw .unsuitable(
          path: model.path, reason: "it reads \(own), \(first.path) \(input): they cannot vote together")
      }
      guard outputs(first) == outputs(model) else {
        throw .unsuitable(
          path: model.path,
          reason: "its outputs or classes are not those of \(first.path): they cannot vote together")
      }
    }
  }
}
