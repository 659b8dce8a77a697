/// A step or an epoch that a trainer has completed.
public enum TrainingEvent: Sendable {
  /// A step: its number from 1, and the sums of the epoch so far.
  case step(epoch: Int, step: Int, of: Int, sums: EpochSums)
  /// An epoch, after its validation.
  case epoch(EpochMetrics, isBest: Bool)
}
