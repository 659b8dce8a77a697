import ConfigDecoding

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate over a run, as a factor of the base rate.
public enum LearningRateSchedule: Sendable, Equatable {
  /// The base rate throughout.
  case constant
  /// Half a cosine from 1 down to `final`, after a linear warm-up (Loshchilov and Hutter 2017).
  case cosine(warmupEpochs: Double, final: Double)
  /// Times `factor` every `epochs` epochs.
  case step(epochs: Int, factor: Double)

  /// In a config: a name, or an object with a `type` and its options.
  package static let field = ConfigField<LearningRateSchedule>.variant(
    [
      Variant("constant", "The same rate throughout.") { _ in .constant },
      Variant("cosine", "Half a cosine, from the base rate down to the end of the run.") {
        .cosine(
          warmupEpochs: $0.value(
            "warmup_epochs", .number(.within(0...1e6)), default: 0, "Epochs of linear warm-up."),
          final: $0.value("final", .number(.within(0...1)), default: 0, "The factor at the end."))
      },
      Variant("step", "Times a factor every few epochs.") {
        .step(
          epochs: $0.value("epochs", .integer(.within(1...1_000_000)), "Epochs between two changes."),
          factor: $0.value("factor", .number(.within(0...1)), default: 0.1, "The factor of each change."))
      },
    ], allowsName: true)

  /// The factor at `epoch` (fractional) of `epochs`.
  public func factor(epoch: Double, of epochs: Double) -> Double {
    switch self {
    case .constant: return 1
    case .step(let every, let factor): return pow(factor, (epoch / Double(every)).rounded(.down))
    case .cosine(let warmup, let final):
      if epoch < warmup { return (epoch + 1e-3) / warmup }
      let progress = min(1, (epoch - warmup) / max(epochs - warmup, 1e-9))
      return final + (1 - final) * 0.5 * (1 + cos(.pi * progress))
    }
  }
}
