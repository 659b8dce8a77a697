import ConfigDecoding

/// What a run writes besides metrics and checkpoints.
public struct LogConfig: Sendable {
  /// Whether event files for TensorBoard are written.
  public let tensorBoard: Bool
  /// Epochs between two histograms of the weights and pictures of the filters for TensorBoard; 0 for none.
  public let histogramEveryEpochs: Int

  init(_ decoder: ConfigDecoder) {
    tensorBoard = decoder.value(
      "tensorboard", .boolean, default: false, "Write event files for TensorBoard into the run's folder tb.")
    histogramEveryEpochs = decoder.value(
      "histogram_every_epochs", .integer(.within(0...1_000_000)), default: 1,
      "Epochs between two histograms of the weights and pictures of the filters for TensorBoard; 0 for none.")
  }
}
