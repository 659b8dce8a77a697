import CNNEngine
import Formatting
import Training

extension Benchmark {
  /// The output of `cnn bench`: milliseconds of each layer and pass, then totals.
  package var lines: [String] {
    let step = (secondsPerStep * 1e3).fixed(2)
    return ["\(name), batches of \(batchSize)"] + table.lines + [
      "Other work: \(otherWork); waiting \(waitingShare.wholePercent)",
      "Training: \(Int(clamping: trainedPerSecond).grouped) images/s, \(step) ms/step, "
        + "\((Double(flopsPerStep) / secondsPerStep / 1e9).fixed(0)) GFLOP/s, "
        + "\(shareOfPeak.wholePercent) of the peak",
      "Evaluation: \(Int(clamping: evaluatedPerSecond).grouped) images/s",
      "Peak memory: \((Double(peakMemory) / 1e6).fixed(0)) MB",
    ]
  }

  private var table: Table {
    let passes: [ProfiledPass] = [.forward, .inputGradient, .weightGradient]
    var table = Table(
      [("Layer", .left)] + passes.flatMap { [($0.heading, .right), ("%", .right)] } + [("pack", .right)])
    for layer in layers where layer.seconds.values.contains(where: { $0 > 0 }) {
      let cells = passes.flatMap { pass in
        [
          (layer.seconds[pass] ?? 0).milliseconds,
          share(of: layer, pass).map { ($0 * 100).fixed(0) } ?? "",
        ]
      }
      table.add([layer.name] + cells + [(layer.seconds[.packing] ?? 0).milliseconds])
    }
    return table
  }

  private var otherWork: String {
    [ProfiledPass.augmenting, .loading, .loss, .optimizer].compactMap { pass in
      others[pass].flatMap { $0 > 0 ? "\(pass.heading) \($0.milliseconds)" : nil }
    }.joined(separator: ", ")
  }
}

extension ProfiledPass {
  /// The heading of the pass in the table.
  fileprivate var heading: String {
    switch self {
    case .augmenting: "augment"
    case .loading: "load"
    case .packing: "pack"
    case .forward: "forward"
    case .inputGradient: "d input"
    case .weightGradient: "d weights"
    case .loss: "loss"
    case .optimizer: "optimizer"
    }
  }
}

extension Double {
  /// Seconds as milliseconds; empty for 0.
  fileprivate var milliseconds: String { self == 0 ? "" : (self * 1e3).fixed(3) }

  /// A fraction as a whole percentage: `98 %`.
  fileprivate var wholePercent: String { "\((self * 100).fixed(0)) %" }
}
