import Synchronization

/// An optimizer at work on a network: its slots, its step count, and the update of all weights in one pass.
public final class OptimizerRun {
  package let optimizer: any Optimizer
  /// One flat buffer for each thing the optimizer remembers.
  public let slots: [FlatBuffer]
  /// Steps taken.
  public var step = 0
  private let network: Network
  private let state: OptimizerState
  private let constrained: [Parameter]
  private let hasOverflowed = Atomic(false)

  /// Vectors that are one piece of work.
  private static let vectorsPerPiece = 512

  /// Starts an optimizer on a network that trains.
  package init(_ optimizer: any Optimizer, network: Network) {
    self.optimizer = optimizer
    self.network = network
    slots = optimizer.slots.map { FlatBuffer(count: network.parameters.count, repeating: Float($0.initial)) }
    state = OptimizerState(
      weights: network.parameters, gradients: network.gradients ?? network.parameters, slots: slots)
    constrained = network.model.parameters.filter { $0.spec.penalty.maxNorm != nil }
  }

  /// The names of the slots in a checkpoint.
  public var slotNames: [String] { optimizer.slots.map(\.name) }

  /// Turns the network's gradients into new weights; false once one of those is not finite, which a gradient that
  /// is not finite always leads to.
  @discardableResult
  public func update(learningRate: Double) -> Bool {
    step += 1
    let vectors = network.parameters.count / LaneCPU.laneCount
    let pieces = (vectors + Self.vectorsPerPiece - 1) / Self.vectorsPerPiece
    let (optimizer, state, step) = (optimizer, state, step)
    let (meter, operations) = (network.meter, network.workspace.operations.count)
    network.team.run(items: pieces) { piece, worker in
      let first = piece * Self.vectorsPerPiece
      let range = first..<min(first + Self.vectorsPerPiece, vectors)
      meter.worker(worker).measure(operations, .optimizer) {
        optimizer.update(range, state, learningRate: learningRate, step: step)
        // Now, while the weights lie in the cache.
        if !state.weights.isFinite(range) { hasOverflowed.store(true, ordering: .relaxed) }
      }
    }
    for parameter in constrained {
      let weights = UnsafeMutableBufferPointer(
        start: network.parameters.floats + parameter.offset, count: parameter.count)
      parameter.spec.penalty.constrain(weights, units: parameter.shape[0])
    }
    network.weightsChanged()
    return !hasOverflowed.load(ordering: .relaxed)
  }
}
