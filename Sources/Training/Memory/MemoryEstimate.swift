import CNNEngine
import Formatting

/// The memory that training or evaluating a network takes beside the program and the images, in bytes.
public struct MemoryEstimate: Sendable, Equatable, CustomStringConvertible {
  /// Weights, running statistics, gradients, optimizer state and averages.
  public let parameters: Int
  /// Values, their gradients, packed weights and scratch memory of the networks.
  public let networks: Int
  /// What writing a checkpoint takes.
  public let checkpoint: Int

  package init(parameters: Int, networks: Int, checkpoint: Int) {
    (self.parameters, self.networks, self.checkpoint) = (parameters, networks, checkpoint)
  }

  /// Everything together.
  public var total: Int { parameters + networks + checkpoint }

  /// The parts, for messages.
  public var description: String {
    let parts = [(parameters, "weights"), (networks, "activations"), (checkpoint, "checkpoints")]
    return parts.filter { $0.0 > 0 }.map { "\($0.byteSize) \($1)" }.joined(separator: ", ")
  }

  /// What training with `config` takes.
  ///
  /// - Parameters:
  ///   - batchSize: the images of a step; nil for those of the config.
  ///   - evaluated: the images that are evaluated at a time; nil for those of a large set.
  /// - Throws: `MemoryError`.
  public static func training(
    _ config: ExperimentConfig, batchSize: Int? = nil, evaluated: Int? = nil, threads: Int
  ) throws(MemoryError) -> MemoryEstimate {
    let model = config.model
    let batchSize = batchSize ?? config.train.batchSize
    let evaluated = if let evaluated { evaluated } else { try Evaluator.batchSize(of: model) }
    let slots = config.optimizer.rule.slots.count
    let stored = model.flatCount * (config.train.average == nil ? 1 : 2) + model.parameterExtent * slots
    let training = try Network.memory(
      of: model, batchSize: batchSize, training: true, threads: threads,
      augmentation: config.data.augmentation)
    let evaluation = try Network.memory(of: model, batchSize: evaluated, training: false, threads: threads)
    // While the run goes on, checkpoints are gathered and encoded; at its end, the best one is read, and evaluated by a
    // network of its own.
    let bytes = stored * MemoryLayout<Float>.stride
    return MemoryEstimate(
      parameters: bytes, networks: training + evaluation,
      checkpoint: max(4 * bytes, 2 * bytes + evaluation))
  }

  /// What evaluation takes.
  ///
  /// - Parameter images: the images that are evaluated at a time; nil for those of a large set.
  /// - Throws: `MemoryError`.
  public static func evaluation(
    _ model: Model, images: Int? = nil, threads: Int
  ) throws(MemoryError) -> MemoryEstimate {
    let batchSize = if let images { images } else { try Evaluator.batchSize(of: model) }
    let network = try Network.memory(of: model, batchSize: batchSize, training: false, threads: threads)
    return MemoryEstimate(parameters: model.flatCount * 4, networks: network, checkpoint: 0)
  }
}
