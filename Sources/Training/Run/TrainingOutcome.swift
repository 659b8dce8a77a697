/// Why a run ended; the value of `outcome` in its `done` event.
public enum TrainingOutcome: String, Sendable {
  /// All epochs are complete.
  case finished
  /// Early stopping.
  case stoppedEarly = "stopped_early"
  /// A signal, or a closed standard output.
  case interrupted
}
