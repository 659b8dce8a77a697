import CNNEngine
import Datasets
import Randomness

/// What all steps of a training run have in common: weights, network, optimizer, and the order of the images.
struct TrainingSteps {
  /// The weights, updated by every step.
  let parameters: FlatTensorBuffer
  /// The batches of each epoch.
  let loader: DataLoader
  let network: Network
  let optimizer: Optimizer
  private let config: ExperimentConfig
  private let scale: PixelNormalization

  /// Allocates the network and the optimizer.
  ///
  /// - Parameters:
  ///   - weights: initial weights, and behind them the state, if they have one; nil for random ones.
  ///   - averages: whether the weights are averaged, if the config asks for that.
  /// - Throws: `DataError` if there is no batch, `ConfigError` if one is too small, `CheckpointError` for weights that do
  ///   not fit, `MemoryError`.
  init(
    _ config: ExperimentConfig, data: ExperimentData, threadPool: ThreadPool, weights: [NamedTensor]?,
    averages: Bool
  ) throws {
    self.config = config
    scale = config.pixelNormalization
    try config.checkBatches(ofImages: data.train.count)
    parameters =
      try weights.map { try config.model.buffer(of: $0) } ?? config.model.initialParameters(seed: config.seed)
    loader = try DataLoader(
      data.train, batchSize: config.train.batchSize, shuffle: config.train.shuffle,
      dropLast: config.train.dropLast, seed: config.seed)
    let network = try Network(
      model: config.model, parameters: parameters,
      batchSize: min(config.train.batchSize, data.train.count), training: true, threadPool: threadPool,
      augmentation: config.data.augmentation)
    self.network = network
    let average = try (averages ? config.train.average : nil).map {
      try WeightAverage(decay: $0.decay, network: network)
    }
    optimizer = try Optimizer(config.optimizer.rule, network: network, average: average)
  }

  /// The forward pass of a step: the sums over its batch, and its loss with all regularizers; allocates nothing.
  ///
  /// - Parameters:
  ///   - epoch: the epoch, from 1.
  ///   - step: the number of steps before this one.
  func forward(
    on batch: ArraySlice<Int32>, epoch: Int, step: Int
  ) -> (result: BatchResult, loss: Double) {
    let pool = loader.subset.images
    network.load(
      pixels: pool.pixels, labels: pool.labels, indices: batch, normalization: scale,
      augmentation: config.augmentationRandom(epoch: epoch))
    let dropout = CounterRandom(seed: config.seed, purpose: .dropout, stream: UInt64(step))
    let result = network.forward(training: true, dropout: dropout)
    return (result, result.lossSum / Double(result.images) + network.regularizationLoss())
  }
}
