import ConfigDecoding

/// The section `log` of a config: logs besides metrics and events.
public struct LogConfig: Sendable {
  /// Whether TensorBoard's event files are written.
  public let tensorBoard: Bool
  /// Epochs between two histograms of the weights and images of the filters in TensorBoard; 0 for none.
  public let histogramEveryEpochs: Int

  init(_ decoder: ConfigDecoder) {
    tensorBoard = decoder.value(
      "tensorboard", .boolean, default: false, "Write TensorBoard event files into the run folder's tb.")
    histogramEveryEpochs = decoder.value(
      "histogram_every_epochs", .integer(.within(0...1_000_000)), default: 1,
      "Epochs between two histograms of the weights and images of the filters in TensorBoard; 0 for none.")
  }
}
