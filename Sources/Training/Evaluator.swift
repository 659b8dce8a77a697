import CNNEngine
import Datasets
import ImageFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a model makes of a set of images.
public struct Evaluation: Sendable {
  /// The mean loss, penalties included.
  public let loss: Double
  /// `[label][guess]` counts.
  public let confusion: [[Int]]

  /// An outcome of counted guesses.
  public init(loss: Double, confusion: [[Int]]) { (self.loss, self.confusion) = (loss, confusion) }

  /// Images evaluated.
  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  /// Images whose guess is their label.
  public var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }
  /// The part of the images that was guessed right.
  public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }

  /// How well one class is told from the others; a number is nil where there is nothing to divide by.
  public struct PerClass: Sendable {
    /// The label.
    public let label: Int
    /// Right guesses among all guesses of this class.
    public let precision: Double?
    /// Right guesses among all images of this class.
    public let recall: Double?
    /// The harmonic mean of the two.
    public let f1: Double?
    /// Images of this class.
    public let count: Int
  }

  /// Precision, recall and F1 of each class.
  public var perClass: [PerClass] {
    confusion.indices.map { label in
      let right = Double(confusion[label][label])
      let images = confusion[label].reduce(0, +)
      let guesses = confusion.reduce(0) { $0 + $1[label] }
      let precision = guesses == 0 ? nil : right / Double(guesses)
      let recall = images == 0 ? nil : right / Double(images)
      let f1 = guesses + images == 0 ? nil : 2 * right / Double(guesses + images)
      return PerClass(label: label, precision: precision, recall: recall, f1: f1, count: images)
    }
  }
}

/// Runs a model over any number of images in constant memory.
public final class Evaluator {
  private let network: Network
  private let scale: PixelNormalization
  /// Whether the network ends in a softmax that is not part of its loss.
  private let givesProbabilities: Bool
  private static let batchSize = 128

  /// An evaluator that reads `parameters` where they lie: after they have changed, it sees the new ones.
  public init(_ config: ExperimentConfig, parameters: FlatTensorBuffer, threadPool: ThreadPool) {
    network = Network(
      model: config.model, parameters: parameters, loss: config.loss, batchSize: Self.batchSize,
      training: false, threadPool: threadPool)
    scale = config.pixelNormalization
    givesProbabilities =
      config.model.layers.last?.type == LayerType.softmax.rawValue && !type(of: config.loss).absorbsSoftmax
  }

  /// Loss, accuracy and confusion over `subset`.
  ///
  /// - Parameters:
  ///   - progress: hears after every batch how many images are done, and of how many the guess was right.
  ///   - misread: hears the position of every image whose guess is wrong, and its scores.
  /// - Throws: `DataError` if there are no images, and what `progress` throws.
  public func evaluate(
    _ subset: Subset, progress: (_ done: Int, _ correct: Int) throws -> Void = { _, _ in },
    misread: (_ position: Int, _ scores: [Float]) -> Void = { _, _ in }
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
        let (label, guess) = (Int(pool.labels[Int(index)]), network.prediction(ofImage: image))
        confusion[label][guess] += 1
        if label == guess {
          correct += 1
        } else {
          misread(done + image, logits(ofImage: image))
        }
      }
      done += batch.count
      try progress(done, correct)
    }
    return Evaluation(loss: lossSum / Double(subset.count), confusion: confusion)
  }

  /// The scores of every image before softmax (where only probabilities are known, their logarithms),
  /// `[N][classes]`.
  public func scores(_ images: Images) -> [[Float]] {
    let labels = [UInt8](repeating: 0, count: images.count)
    let indices = [Int32](0..<Int32(images.count))
    var scores: [[Float]] = []
    for first in stride(from: 0, to: images.count, by: Self.batchSize) {
      let batch = indices[first..<min(first + Self.batchSize, images.count)]
      network.load(pixels: images.pixels, labels: labels, indices: batch, normalization: scale)
      _ = network.forward()
      scores += batch.indices.map { logits(ofImage: $0 - first) }
    }
    return scores
  }

  /// The scores of an image of the batch before softmax, or the logarithms of its probabilities.
  private func logits(ofImage image: Int) -> [Float] {
    let outputs = network.outputs(ofImage: image)
    return givesProbabilities ? outputs.map { log(max($0, .leastNormalMagnitude)) } : outputs
  }
}

extension ExperimentConfig {
  /// How bytes become the input.
  var pixelNormalization: PixelNormalization {
    PixelNormalization(
      channels: model.input.channels, scale: data.normalization.scale, mean: data.normalization.mean,
      std: data.normalization.std)
  }
}
