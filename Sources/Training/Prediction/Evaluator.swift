import CNNEngine
import Datasets
import Formatting
import ImageFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Evaluates a model on any number of images in constant memory, no more than they need.
public final class Evaluator {
  private let model: Model
  private let parameters: FlatTensorBuffer
  private let threadPool: ThreadPool
  private let scale: PixelNormalization
  private var network: (network: Network, batchSize: Int)?
  /// The largest batch size, found when images come first.
  private var largestBatchSize: Int?

  private static let largestBatch = 128
  /// Batches become smaller where a network would take more, in bytes.
  private static let largestNetwork = 512 << 20

  /// An evaluator of `parameters`, which it shares: it sees every later update.
  public init(_ config: ExperimentConfig, parameters: FlatTensorBuffer, threadPool: ThreadPool) {
    (model, self.parameters, self.threadPool) = (config.model, parameters, threadPool)
    scale = config.pixelNormalization
  }

  /// How many of `images` images are evaluated at a time; the same for any number of threads, since a sum of losses
  /// depends on it.
  static func batchSize(of model: Model, images: Int = .max) throws(MemoryError) -> Int {
    var size = largestBatch
    while size > 16,
      try Network.memory(of: model, batchSize: size, training: false, threads: 1) > largestNetwork
    {
      size /= 2
    }
    return max(1, min(size, images))
  }

  /// The network for `images` images, made where the present one is too small, and how many it takes at a time.
  ///
  /// - Throws: `InsufficientMemory` or `MemoryError`.
  @discardableResult
  package func prepare(for images: Int) throws -> (network: Network, batchSize: Int) {
    let largest = if let largestBatchSize { largestBatchSize } else { try Self.batchSize(of: model) }
    largestBatchSize = largest
    let batchSize = max(1, min(largest, images))
    if let network, network.batchSize >= batchSize { return network }
    network = nil
    let estimate = try MemoryEstimate.evaluation(model, images: batchSize, threads: threadPool.threads)
    try MemoryLimits().check(estimate, for: "evaluation of \(batchSize.pluralized("image")) at a time")
    let made = (
      try Network(
        model: model, parameters: parameters, batchSize: batchSize, training: false, threadPool: threadPool),
      batchSize
    )
    network = made
    return made
  }

  /// An evaluator of a loaded model.
  ///
  /// - Throws: `CheckpointError` for a config, which has no weights.
  public convenience init(_ model: LoadedModel, threadPool: ThreadPool) throws(CheckpointError) {
    self.init(model.config, parameters: try model.requireParameters(), threadPool: threadPool)
  }

  /// Loss, accuracy and confusion matrix of each output over `subset`.
  ///
  /// - Parameters:
  ///   - progress: called after every batch with the numbers of evaluated and of correctly classified images.
  ///   - scored: called for every image with its position in `subset`, and its label and logits at the main output.
  /// - Throws: `DataError` if there are no images, `NonFiniteOutputError` for an image whose outputs are not finite, and
  ///   what `progress` throws.
  public func evaluate(
    _ subset: Subset, progress: (_ done: Int, _ correct: Int) throws -> Void = { _, _ in },
    scored: ((_ position: Int, _ label: Int, _ logits: [Float]) -> Void)? = nil
  ) throws -> Evaluation {
    let (network, batchSize) = try prepare(for: subset.count)
    let outputs = model.outputs
    var confusions = outputs.map { ConfusionMatrix(classes: $0.classes) }
    var lossSum = 0.0
    var outputLossSums = outputs.map { _ in 0.0 }
    var (done, correct) = (0, 0)
    let pool = subset.images
    for batch in try DataLoader(subset, batchSize: batchSize).epoch(0) {
      network.load(pixels: pool.pixels, labels: pool.labels, indices: batch, normalization: scale)
      lossSum += network.forward().lossSum + network.regularizationLoss() * Double(batch.count)
      for (number, output) in outputs.enumerated() {
        outputLossSums[number] += network.result(ofOutput: number).lossSum
        for (image, index) in batch.enumerated() {
          let label = output.label(ofClass: Int(pool.labels[Int(index)]))
          try network.checkOutput(number, ofImage: image, named: "image \(done + image)")
          let prediction = network.prediction(ofImage: image, output: number)
          confusions[number].add(label: label, prediction: prediction)
          if number > 0 { continue }
          if label == prediction { correct += 1 }
          scored?(done + image, label, network.logits(ofImage: image))
        }
      }
      done += batch.count
      try progress(done, correct)
    }
    guard lossSum.isFinite, outputLossSums.allSatisfy(\.isFinite) else {
      throw NonFiniteOutputError(subject: "the loss of \(subset.count.pluralized("image"))", layer: nil)
    }
    let count = Double(subset.count)
    return Evaluation(
      loss: lossSum / count,
      outputs: outputs.indices.map { number in
        Evaluation.Output(
          name: outputs[number].name, loss: outputLossSums[number] / count, confusion: confusions[number])
      })
  }

  /// The logits of every image at the main output, `[N][classes]`; log-probabilities for an output that is a softmax
  /// outside of its loss.
  ///
  /// - Throws: `NonFiniteOutputError`; `InsufficientMemory` or `MemoryError`.
  public func scores(_ images: Images) throws -> [[Float]] {
    try allScores(images, names: nil).map { $0[0] }
  }

  /// The scores of every image at every output, `[N][outputs][classes]`.
  func allScores(_ images: Images, names: [String]?) throws -> [[[Float]]] {
    let (network, batchSize) = try prepare(for: images.count)
    let indices = [Int32](0..<Int32(images.count))
    var scores: [[[Float]]] = []
    for first in stride(from: 0, to: images.count, by: batchSize) {
      let batch = indices[first..<min(first + batchSize, images.count)]
      network.load(pixels: images.pixels, indices: batch, normalization: scale)
      network.infer()
      for index in batch.indices {
        for output in model.outputs.indices {
          try network.checkOutput(output, ofImage: index - first, named: names?[index] ?? "image \(index)")
        }
        scores.append(model.outputs.indices.map { network.logits(ofImage: index - first, output: $0) })
      }
    }
    return scores
  }

  /// The prediction for every image.
  ///
  /// - Parameter names: what errors call the images; by default their numbers.
  /// - Throws: `NonFiniteOutputError` for the first image whose outputs are not finite; `InsufficientMemory` or
  ///   `MemoryError`.
  public func predictions(_ images: Images, names: [String]? = nil) throws -> [Prediction] {
    try allScores(images, names: names).map { scores in
      Prediction(
        scores: scores[0],
        outputs: zip(model.separateOutputs, scores).map { output, scores in
          Prediction.Output(name: output.name, prediction: Prediction(scores: scores))
        })
    }
  }
}

extension Network {
  /// Throws an error with the name of an image of the batch whose scores are not finite.
  fileprivate func checkOutput(
    _ output: Int, ofImage image: Int, named name: @autoclosure () -> String
  ) throws(NonFiniteOutputError) {
    if hasFiniteOutputs(ofImage: image, output: output) { return }
    throw NonFiniteOutputError(subject: name(), layer: firstLayerThatIsNotFinite())
  }

  /// The logits of an image of the batch at an output, or its log-probabilities as far down as softmax tells them apart.
  fileprivate func logits(ofImage image: Int, output: Int = 0) -> [Float] {
    let scores = outputs(ofImage: image, output: output)
    guard model.outputs[output].isSoftmax else { return scores }
    return scores.map { max(log($0), Softmax.leastLogProbability) }
  }
}

extension ExperimentConfig {
  /// The scale, mean and standard deviation that turn bytes into the input.
  var pixelNormalization: PixelNormalization {
    PixelNormalization(
      channels: model.input.channels, scale: data.normalization.scale, mean: data.normalization.mean,
      std: data.normalization.std)
  }
}
