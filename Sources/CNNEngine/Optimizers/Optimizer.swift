import Synchronization

/// An optimizer at work on a network: its slots, its step count, and the update of all weights in one pass.
public final class Optimizer {
  package let optimizer: any UpdateRule
  /// One flat buffer for each thing the optimizer remembers.
  public let slots: [FlatTensorBuffer]
  /// Steps taken.
  public var step = 0
  private let network: Network
  /// Updates the weights, holds those with a largest norm to it, and packs them for the next step.
  private let loops: [ParallelLoop]
  private let overflow: NonFiniteFlag

  /// Vectors that are one task.
  private static let vectorsPerTask = 512

  /// Starts an optimizer on a network that trains.
  package init(_ optimizer: any UpdateRule, network: Network) {
    self.optimizer = optimizer
    self.network = network
    slots = optimizer.slots.map {
      FlatTensorBuffer(count: network.parameters.count, repeating: Float($0.initial))
    }
    let state = OptimizerBuffers(
      weights: network.parameters, gradients: network.gradients ?? network.parameters, slots: slots)
    let overflow = NonFiniteFlag()
    self.overflow = overflow
    let vectors = network.parameters.count / CPUFeatures.laneCount
    let (vectorsPerTask, workspace) = (Self.vectorsPerTask, network.workspace)
    let updating = ParallelLoop(tasks: { TaskRange((vectors + vectorsPerTask - 1) / vectorsPerTask) }) {
      task, worker in
      let step = workspace.step.pointee
      let range = task * vectorsPerTask..<min((task + 1) * vectorsPerTask, vectors)
      step.clocks.measure(.optimizer, of: workspace.operations.count, by: worker) {
        optimizer.update(range, state, learningRate: step.learningRate, step: step.update)
        // Now, while the weights lie in the cache.
        if !state.weights.isFinite(range) { overflow.hasHappened.store(true, ordering: .relaxed) }
      }
    }
    let constrained = network.model.parameters.filter { $0.spec.penalty.maxNorm != nil }
    let parameters = network.parameters
    let constraining = ParallelLoop(tasks: { TaskRange(constrained.count) }) { index, _ in
      let parameter = constrained[index]
      let weights = UnsafeMutableBufferPointer(
        start: parameters.floats + parameter.offset, count: parameter.count)
      parameter.spec.penalty.constrain(weights, units: parameter.shape[0])
    }
    loops = [updating, constraining] + network.packing
  }

  /// The names of the slots in a checkpoint.
  public var slotNames: [String] { optimizer.slots.map(\.name) }

  /// Turns the network's gradients into new weights; false once one of those is not finite, which a gradient that
  /// is not finite always leads to.
  @discardableResult
  public func update(learningRate: Double) -> Bool {
    step += 1
    (network.step.learningRate, network.step.update) = (learningRate, step)
    network.threadPool.run(loops)
    return !overflow.hasHappened.load(ordering: .relaxed)
  }
}

/// Whether a weight has become infinite or no number.
private final class NonFiniteFlag: Sendable {
  let hasHappened = Atomic(false)
}
