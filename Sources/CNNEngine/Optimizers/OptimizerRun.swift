import Synchronization

/// An optimizer at work on a network: its slots, its step count, and the update of all weights in one pass.
public final class OptimizerRun {
  package let optimizer: any Optimizer
  /// One flat buffer for each thing the optimizer remembers.
  public let slots: [FlatBuffer]
  /// Steps taken.
  public var step = 0
  private let network: Network
  /// Updates the weights, holds those with a largest norm to it, and packs them for the next step.
  private let phases: [Phase]
  private let overflow: Overflow

  /// Vectors that are one piece of work.
  private static let vectorsPerPiece = 512

  /// Starts an optimizer on a network that trains.
  package init(_ optimizer: any Optimizer, network: Network) {
    self.optimizer = optimizer
    self.network = network
    slots = optimizer.slots.map { FlatBuffer(count: network.parameters.count, repeating: Float($0.initial)) }
    let state = OptimizerState(
      weights: network.parameters, gradients: network.gradients ?? network.parameters, slots: slots)
    let overflow = Overflow()
    self.overflow = overflow
    let vectors = network.parameters.count / LaneCPU.laneCount
    let (vectorsPerPiece, workspace) = (Self.vectorsPerPiece, network.workspace)
    let updating = Phase(items: { WorkItems((vectors + vectorsPerPiece - 1) / vectorsPerPiece) }) {
      piece, worker in
      let step = workspace.step.pointee
      let range = piece * vectorsPerPiece..<min((piece + 1) * vectorsPerPiece, vectors)
      step.clocks.measure(.optimizer, of: workspace.operations.count, by: worker) {
        optimizer.update(range, state, learningRate: step.learningRate, step: step.update)
        // Now, while the weights lie in the cache.
        if !state.weights.isFinite(range) { overflow.hasHappened.store(true, ordering: .relaxed) }
      }
    }
    let constrained = network.model.parameters.filter { $0.spec.penalty.maxNorm != nil }
    let parameters = network.parameters
    let constraining = Phase(items: { WorkItems(constrained.count) }) { index, _ in
      let parameter = constrained[index]
      let weights = UnsafeMutableBufferPointer(
        start: parameters.floats + parameter.offset, count: parameter.count)
      parameter.spec.penalty.constrain(weights, units: parameter.shape[0])
    }
    phases = [updating, constraining] + network.packing
  }

  /// The names of the slots in a checkpoint.
  public var slotNames: [String] { optimizer.slots.map(\.name) }

  /// Turns the network's gradients into new weights; false once one of those is not finite, which a gradient that
  /// is not finite always leads to.
  @discardableResult
  public func update(learningRate: Double) -> Bool {
    step += 1
    (network.step.learningRate, network.step.update) = (learningRate, step)
    network.team.run(phases)
    return !overflow.hasHappened.load(ordering: .relaxed)
  }
}

/// Whether a weight has become infinite or no number.
private final class Overflow: Sendable {
  let hasHappened = Atomic(false)
}
