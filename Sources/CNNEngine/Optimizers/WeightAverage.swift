/// An exponential moving average of everything that a network learns and keeps: weights, biases, running statistics.
///
/// After update t, from 1: average += (1 - d) (value - average), with d = min(decay, (1 + t) / (10 + t)), so that the
/// initial weights are soon forgotten. The average begins with them.
public final class WeightAverage {
  /// The largest share of the old average.
  public let decay: Double
  /// The average, in the layout of the network's parameters; a network for evaluation may share it.
  public let values: FlatTensorBuffer

  /// Vectors of a task.
  private static let vectorsPerTask = 512

  /// An average that begins with the present values of a network.
  ///
  /// - Throws: `MemoryError`.
  public init(decay: Double, network: Network) throws(MemoryError) {
    require((0..<1).contains(decay), "a decay is at least 0 and less than 1")
    self.decay = decay
    values = try FlatTensorBuffer(count: network.parameters.count)
    values.copy(from: network.parameters)
  }

  /// The share of the old average after update `step`, from 1.
  static func decay(_ decay: Double, atStep step: Int) -> Double {
    min(decay, Double(1 + step) / Double(10 + step))
  }

  /// Follows an update of the network, whose weights are final by then.
  func following(_ network: Network) -> ParallelLoop {
    let (workspace, vectorsPerTask, decay) = (network.workspace, Self.vectorsPerTask, decay)
    let (average, values) = (self.values, network.parameters)
    let vectors = values.count / CPUFeatures.laneCount
    let counters = network.model.state.filter(\.spec.isCounter).map(\.offset)
    return ParallelLoop(count: (vectors + vectorsPerTask - 1) / vectorsPerTask) { task, worker in
      let step = workspace.step.pointee
      let range = task * vectorsPerTask..<min((task + 1) * vectorsPerTask, vectors)
      step.profiler.measure(.optimizer, of: workspace.operations.count, by: worker) {
        let share = Lanes(repeating: Float(1 - Self.decay(decay, atStep: step.update)))
        for i in range {
          average.vectors[i].addProduct(share, values.vectors[i] - average.vectors[i])
        }
        // A count of batches is a whole number, and no task of another vector touches it.
        for offset in counters where range.contains(offset / CPUFeatures.laneCount) {
          average.floats[offset] = values.floats[offset]
        }
      }
    }
  }
}
