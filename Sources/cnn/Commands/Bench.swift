import ArgumentParser
import CNNEngine
import ConfigDecoding
import Formatting
import JSONText
import Reporting
import Training

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure what each layer of a network costs on this machine.",
    usage: "cnn bench [<config|ckpt> ...] [<options>]",
    discussion: """
      Example: cnn bench tf-convnet

      Trains on noise; needs no data and writes nothing. Times are milliseconds of \
      all threads together in one training step; % is the share of this CPU's peak, \
      which is measured first. Operations are counted directly, so Winograd's \
      algorithm can pass 100 %. Run it on an idle machine.
      """)

  @Argument(
    help: ArgumentHelp(
      "Configs, checkpoints or run folders; by default every shipped config.", valueName: "config|ckpt"),
    completion: .config)
  var models: [String] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Images of a step; by default the config's.", valueName: "n"))
  var batchSize: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Seconds to measure each network.", valueName: "s"))
  var seconds = 3.0

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print one JSON object for each network.")
  var json = false

  func validate() throws {
    if let batchSize, !(1...65_536).contains(batchSize) {
      throw ValidationError("--batch-size \(batchSize): must be from 1 to 65,536")
    }
    guard (0.1...600).contains(seconds) else {
      throw ValidationError("--seconds \(seconds): must be from 0.1 to 600")
    }
  }

  /// The config with the chosen batch size, checked anew: a batch may be too large for a network.
  private func config(_ name: String) throws -> ExperimentConfig {
    let config = try LoadedModel(name).config
    guard let batchSize else { return config }
    let issues = IssueList()
    var json = config.resolved
    json.set("train.batch_size", to: JSON(batchSize), flag: "--batch-size", issues: issues)
    return try ExperimentConfig(json, issues: issues)
  }

  func run() throws {
    let names = models.isEmpty ? ConfigSource.shipped.map(\.name) : models
    let configs = try names.map(config)
    let threadPool = machine.threadPool
    let peak = SystemInfo.peakFlops(threadPool)
    if !json {
      try Console.print(
        "\(CPUFeatures.name), \(threadPool.threads) threads: at most \((peak / 1e9).fixed(0)) GFLOP/s")
    }
    for config in configs {
      let benchmark = Benchmark.measure(
        config, seconds: seconds, peak: peak, threadPool: threadPool)
      if json {
        try Console.print(benchmark.json.text(pretty: false))
      } else {
        for line in [""] + benchmark.lines { try Console.print(line) }
      }
    }
  }
}

extension ProfiledPass {
  /// The word for it in a table.
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

  /// Its key in JSON.
  fileprivate var key: String {
    switch self {
    case .inputGradient: "input_gradient"
    case .weightGradient: "weight_gradient"
    default: "\(self)"
    }
  }
}

extension Benchmark {
  fileprivate var lines: [String] {
    let passes: [ProfiledPass] = [.forward, .inputGradient, .weightGradient]
    var table = Table(
      [("Layer", .left)] + passes.flatMap { [($0.heading, .right), ("%", .right)] } + [("pack", .right)])
    for layer in layers where layer.seconds.values.contains(where: { $0 > 0 }) {
      let cells = passes.flatMap { pass in
        let seconds = layer.seconds[pass] ?? 0
        return [milliseconds(seconds), share(of: layer, pass).map { ($0 * 100).fixed(0) } ?? ""]
      }
      table.add([layer.name] + cells + [milliseconds(layer.seconds[.packing] ?? 0)])
    }
    let rest = [ProfiledPass.augmenting, .loading, .loss, .optimizer].compactMap { pass in
      others[pass].flatMap { $0 > 0 ? "\(pass.heading) \(milliseconds($0))" : nil }
    }
    let step = (secondsPerStep * 1e3).fixed(2)
    return ["\(name), batches of \(batchSize)"] + table.lines + [
      "Other work: \(rest.joined(separator: ", ")); waiting \((waitingShare * 100).fixed(0)) %",
      "Training: \(Int(trainedPerSecond).grouped) images/s, \(step) ms/step, "
        + "\((Double(flopsPerStep) / secondsPerStep / 1e9).fixed(0)) GFLOP/s, "
        + "\((shareOfPeak * 100).fixed(0)) % of the peak",
      "Evaluation: \(Int(evaluatedPerSecond).grouped) images/s",
      "Peak memory: \((Double(peakMemory) / 1e6).fixed(0)) MB",
    ]
  }

  private func milliseconds(_ seconds: Double) -> String { seconds == 0 ? "" : (seconds * 1e3).fixed(3) }

  /// The part of one thread's peak that a pass of a layer reaches; nil where it multiplies nothing.
  private func share(of layer: Layer, _ pass: ProfiledPass) -> Double? {
    guard layer.multiplyAdds > 0, let seconds = layer.seconds[pass], seconds > 0 else { return nil }
    return Double(2 * layer.multiplyAdds) / seconds / (peak / Double(threads))
  }

  fileprivate var json: JSON {
    func object(_ seconds: [ProfiledPass: Double]) -> JSON {
      JSON(
        object: ProfiledPass.allCases.compactMap { pass in
          seconds[pass].flatMap { $0 > 0 ? (pass.key, JSON($0)) : nil }
        })
    }
    return JSON(object: [
      ("name", JSON(name)), ("batch_size", JSON(batchSize)), ("threads", JSON(threads)),
      ("cpu", JSON(CPUFeatures.name)), ("peak_flops", JSON(peak)), ("flops_per_step", JSON(flopsPerStep)),
      ("seconds_per_step", JSON(secondsPerStep)), ("images_per_second", JSON(trainedPerSecond)),
      ("share_of_peak", JSON(shareOfPeak)), ("waiting_share", JSON(waitingShare)),
      ("evaluated_per_second", JSON(evaluatedPerSecond)), ("peak_memory", JSON(peakMemory)),
      (
        "layers",
        JSON(
          layers.map { layer in
            let shares = ProfiledPass.allCases.compactMap { pass in
              pass == .packing ? nil : share(of: layer, pass).map { (pass.key, JSON($0)) }
            }
            return JSON(object: [
              ("name", JSON(layer.name)), ("multiply_adds", JSON(layer.multiplyAdds)),
              ("thread_seconds", object(layer.seconds)), ("share_of_peak", JSON(object: shares)),
            ])
          })
      ),
      ("other_thread_seconds", object(others)),
    ])
  }
}
