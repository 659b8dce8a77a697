import CNNEngine
import Formatting
import Randomness

/// A network, its optimizer and random images: the steps that a benchmark repeats.
package final class BenchmarkSteps {
  /// Images per step.
  package let batchSize: Int
  /// The network that is trained.
  let network: Network
  private let config: ExperimentConfig
  private let evaluating: Network
  private let optimizer: Optimizer
  private let images: NoiseImages
  private let scale: PixelNormalization
  private let batches: Int
  private var batch = 0

  /// Allocates the networks and images of `config`.
  ///
  /// - Throws: `InsufficientMemory` or `MemoryError`.
  package init(_ config: ExperimentConfig, threadPool: ThreadPool) throws {
    let size = config.train.batchSize
    let estimate = try MemoryEstimate.training(
      config, batchSize: size, evaluated: size, threads: threadPool.threads)
    try MemoryLimits().check(estimate, for: "training \(config.name) with batches of \(size.grouped)")
    self.config = config
    batchSize = config.train.batchSize
    let parameters = try config.model.initialParameters(seed: config.seed)
    network = try Network(
      model: config.model, parameters: parameters, batchSize: batchSize, training: true,
      threadPool: threadPool, augmentation: config.data.augmentation)
    evaluating = try Network(
      model: config.model, parameters: parameters, batchSize: batchSize, training: false,
      threadPool: threadPool)
    let average = try config.train.average.map { [network] in
      try WeightAverage(decay: $0.decay, network: network)
    }
    optimizer = try Optimizer(config.optimizer.rule, network: network, average: average)
    batches = max(2, 1024 / batchSize)
    scale = config.pixelNormalization
    images = NoiseImages(config.model, count: batches * batchSize)
  }

  /// Runs one training step and one evaluation, so that later steps neither allocate nor touch new memory.
  package func warmUp() {
    train()
    evaluate()
  }

  /// One training step: load, forward, backward, update.
  package func train() {
    load(into: network)
    _ = network.forward(training: true, dropout: CounterRandom(seed: UInt64(batch), purpose: .dropout))
    network.backward()
    // The learning rate is zero: on random images the weights could diverge, and denormal or NaN arithmetic is slow.
    optimizer.update(learningRate: 0)
  }

  /// Evaluates one batch.
  package func evaluate() {
    load(into: evaluating)
    _ = evaluating.forward()
  }

  private func load(into network: Network) {
    let first = batch % batches * batchSize
    batch += 1
    network.load(
      pixels: images.pixels, labels: images.labels, indices: images.order[first..<first + batchSize],
      normalization: scale, augmentation: config.augmentationRandom(epoch: batch))
  }
}

/// Random images and labels.
private struct NoiseImages {
  /// `[N, C, H, W]` bytes.
  let pixels: [UInt8]
  let labels: [UInt16]
  /// A permutation of the images, as a shuffled epoch reads them.
  let order: [Int32]

  init(_ model: Model, count: Int) {
    let random = CounterRandom(seed: 1, purpose: .sample)
    let size = model.input.count
    pixels = (0..<count * size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    labels = (0..<count).map { UInt16($0 % min(model.dataClasses, 65_536)) }
    order = random.permutation(count)
  }
}
