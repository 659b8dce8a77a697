import Synchronization

/// An update rule at work on a network: its slots, its step count, and the update of all weights.
public final class Optimizer {
  package let rule: any UpdateRule
  /// One buffer for each slot: a value that the rule keeps for every weight.
  public let slots: [FlatTensorBuffer]
  /// Steps taken.
  public var step = 0
  /// The average of the weights that follows every update; nil for none.
  public let average: WeightAverage?
  private let network: Network
  private let loops: [ParallelLoop]
  private let nonFinite: NonFiniteFlag

  /// Vectors of a task.
  private static let vectorsPerTask = 512

  /// An optimizer of a network that was made for training.
  ///
  /// - Parameters:
  ///   - rule: the update rule.
  ///   - network: the network whose weights it updates.
  ///   - average: an average of the network's weights to keep; nil for none.
  /// - Throws: `MemoryError`.
  public init(_ rule: any UpdateRule, network: Network, average: WeightAverage? = nil) throws(MemoryError) {
    guard let gradients = network.gradients else { fatalError("a network for evaluation has no gradients") }
    self.rule = rule
    (self.network, self.average) = (network, average)
    slots = try rule.slots.map { (slot) throws(MemoryError) in
      try FlatTensorBuffer(count: network.model.parameterExtent, repeating: Float(slot.initial))
    }
    let buffers = OptimizerBuffers(weights: network.parameters, gradients: gradients, slots: slots)
    let nonFinite = NonFiniteFlag()
    self.nonFinite = nonFinite
    // The state lies behind the parameters: it is not updated, but checked as they are.
    let vectors = gradients.count / CPUFeatures.laneCount
    let stateVectors = (network.model.flatCount - network.model.parameterExtent) / CPUFeatures.laneCount
    let (vectorsPerTask, workspace) = (Self.vectorsPerTask, network.workspace)
    let tasks = (vectors + vectorsPerTask - 1) / vectorsPerTask
    let stateTasks = (stateVectors + vectorsPerTask - 1) / vectorsPerTask
    let updating = ParallelLoop(count: tasks + stateTasks) { task, worker in
      let step = workspace.step.pointee
      step.profiler.measure(.optimizer, of: workspace.operations.count, by: worker) {
        let range: Range<Int>
        if task < tasks {
          range = task * vectorsPerTask..<min((task + 1) * vectorsPerTask, vectors)
          rule.update(range, buffers, learningRate: step.learningRate, step: step.update)
        } else {
          let first = (task - tasks) * vectorsPerTask
          range = vectors + first..<vectors + min(first + vectorsPerTask, stateVectors)
        }
        // Checked now, while the weights are in the cache.
        if !buffers.weights.isFinite(range) { nonFinite.isSet.store(true, ordering: .relaxed) }
      }
    }
    loops = [updating] + network.loopsAfterUpdate + (average.map { [$0.following(network)] } ?? [])
  }

  /// The names of the slots in a checkpoint.
  public var slotNames: [String] { rule.slots.map(\.name) }

  /// Updates the weights by the network's gradients.
  ///
  /// - Returns: false once a weight or a running statistic is not finite, as after every gradient that is not finite.
  @discardableResult
  public func update(learningRate: Double) -> Bool {
    step += 1
    (network.step.learningRate, network.step.update) = (learningRate, step)
    network.runUpdate(loops)
    average?.values.markChanged()
    return !nonFinite.isSet.load(ordering: .relaxed)
  }
}

/// Whether a weight or a running statistic has become infinite or not a number.
private final class NonFiniteFlag: Sendable {
  let isSet = Atomic(false)
}
