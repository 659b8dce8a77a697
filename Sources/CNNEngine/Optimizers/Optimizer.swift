import Synchronization

/// An update rule at work on a network: its slots, its step count, and the update of all weights.
public final class Optimizer {
  package let rule: any UpdateRule
  /// One buffer for each slot: a value that the rule keeps for every weight.
  public let slots: [FlatTensorBuffer]
  /// Steps taken.
  public var step = 0
  private let network: Network
  private let loops: [ParallelLoop]
  private let nonFinite: NonFiniteFlag

  /// Vectors of a task.
  private static let vectorsPerTask = 512

  /// An optimizer of a network that was made for training.
  public init(_ rule: any UpdateRule, network: Network) {
    guard let gradients = network.gradients else { fatalError("a network for evaluation has no gradients") }
    self.rule = rule
    self.network = network
    slots = rule.slots.map {
      FlatTensorBuffer(count: network.model.parameterExtent, repeating: Float($0.initial))
    }
    let buffers = OptimizerBuffers(weights: network.parameters, gradients: gradients, slots: slots)
    let nonFinite = NonFiniteFlag()
    self.nonFinite = nonFinite
    let vectors = gradients.count / CPUFeatures.laneCount
    let (vectorsPerTask, workspace) = (Self.vectorsPerTask, network.workspace)
    let updating = ParallelLoop(count: (vectors + vectorsPerTask - 1) / vectorsPerTask) { task, worker in
      let step = workspace.step.pointee
      let range = task * vectorsPerTask..<min((task + 1) * vectorsPerTask, vectors)
      step.profiler.measure(.optimizer, of: workspace.operations.count, by: worker) {
        rule.update(range, buffers, learningRate: step.learningRate, step: step.update)
        // Checked now, while the weights are in the cache.
        if !buffers.weights.isFinite(range) { nonFinite.isSet.store(true, ordering: .relaxed) }
      }
    }
    loops = [updating] + network.loopsAfterUpdate
  }

  /// The names of the slots in a checkpoint.
  public var slotNames: [String] { rule.slots.map(\.name) }

  /// Updates the weights by the network's gradients.
  ///
  /// - Returns: false once a weight is not finite, as after every gradient that is not finite.
  @discardableResult
  public func update(learningRate: Double) -> Bool {
    step += 1
    (network.step.learningRate, network.step.update) = (learningRate, step)
    network.runUpdate(loops)
    return !nonFinite.isSet.load(ordering: .relaxed)
  }
}

/// Whether a weight has become infinite or not a number.
private final class NonFiniteFlag: Sendable {
  let isSet = Atomic(false)
}
