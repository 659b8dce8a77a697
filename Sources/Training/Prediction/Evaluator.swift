import CNNEngine
import Datasets
import ImageFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Evaluates a model on any number of images in constant memory.
public final class Evaluator {
  private let network: Network
  private let scale: PixelNormalization
  /// Whether the network ends in a softmax that is not part of its loss.
  private let givesProbabilities: Bool
  private static let batchSize = 128

  /// An evaluator of `parameters`, which it shares: it sees every later update.
  public init(_ config: ExperimentConfig, parameters: FlatTensorBuffer, threadPool: ThreadPool) {
    network = Network(
      model: config.model, parameters: parameters, batchSize: Self.batchSize,
      training: false, threadPool: threadPool)
    scale = config.pixelNormalization
    givesProbabilities = config.model.outputs[0].isSoftmax
  }

  /// An evaluator of a loaded model.
  ///
  /// - Throws: `CheckpointError` for a config, which has no weights.
  public convenience init(_ model: LoadedModel, threadPool: ThreadPool) throws(CheckpointError) {
    self.init(model.config, parameters: try model.requireParameters(), threadPool: threadPool)
  }

  /// Loss, accuracy and confusion matrix over `subset`.
  ///
  /// - Parameters:
  ///   - progress: called after every batch with the numbers of evaluated and of correctly classified images.
  ///   - misclassified: called for every misclassified image with its position in `subset` and its logits.
  /// - Throws: `DataError` if there are no images, and what `progress` throws.
  public func evaluate(
    _ subset: Subset, progress: (_ done: Int, _ correct: Int) throws -> Void = { _, _ in },
    misclassified: (_ position: Int, _ logits: [Float]) -> Void = { _, _ in }
  ) throws -> Evaluation {
    let classes = network.model.output.count
    var confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    var lossSum = 0.0
    var (done, correct) = (0, 0)
    let pool = subset.images
    for batch in try DataLoader(subset, batchSize: Self.batchSize).epoch(0) {
      network.load(pixels: pool.pixels, labels: pool.labels, indices: batch, normalization: scale)
      lossSum += network.forward().lossSum + network.regularizationLoss() * Double(batch.count)
      for (image, index) in batch.enumerated() {
        let (label, prediction) = (Int(pool.labels[Int(index)]), network.prediction(ofImage: image))
        confusion[label][prediction] += 1
        if label == prediction {
          correct += 1
        } else {
          misclassified(done + image, logits(ofImage: image))
        }
      }
      done += batch.count
      try progress(done, correct)
    }
    return Evaluation(loss: lossSum / Double(subset.count), confusion: confusion)
  }

  /// The logits of every image, `[N][classes]`; log-probabilities for a network whose last layer is a softmax outside
  /// of its loss.
  public func scores(_ images: Images) -> [[Float]] {
    let indices = [Int32](0..<Int32(images.count))
    var scores: [[Float]] = []
    for first in stride(from: 0, to: images.count, by: Self.batchSize) {
      let batch = indices[first..<min(first + Self.batchSize, images.count)]
      network.load(pixels: images.pixels, indices: batch, normalization: scale)
      network.infer()
      scores += batch.indices.map { logits(ofImage: $0 - first) }
    }
    return scores
  }

  /// The prediction for every image.
  public func predictions(_ images: Images) -> [Prediction] { scores(images).map(Prediction.init(scores:)) }

  /// The logits of an image of the batch, or its log-probabilities.
  private func logits(ofImage image: Int) -> [Float] {
    let outputs = network.outputs(ofImage: image)
    return givesProbabilities ? outputs.map { log(max($0, .leastNormalMagnitude)) } : outputs
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
