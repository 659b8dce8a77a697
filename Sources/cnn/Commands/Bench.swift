import ArgumentParser
import CNNEngine
import ConfigDecoding
import Formatting
import JSONText
import Reporting
import Training

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the cost of each layer of a network on this machine.",
    usage: "cnn bench [<config|ckpt> ...] [<options>]",
    discussion: """
      Example: cnn bench tf-convnet

      Trains on random images; needs no data and writes nothing. Times are milliseconds per \
      training step, summed over all threads; % is the share of one thread's peak, \
      which is measured first. Operations are counted as direct convolutions, so Winograd's \
      algorithm can exceed 100 %. Run it on an idle machine.
      """)

  @Argument(
    help: ArgumentHelp(
      "Configs, checkpoints or run folders; by default every built-in config.", valueName: "config|ckpt"),
    completion: .config)
  var models: [String] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Images per step; by default the config's.", valueName: "n"))
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds of measurement for each network.", valueName: "s"))
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

  func run() throws {
    let names = models.isEmpty ? ConfigSource.shipped.map(\.name) : models
    let batchSize = batchSize.map { [(path: "train.batch_size", value: JSON($0), flag: "--batch-size")] }
    let configs = try names.map { name in
      try ConfigSource.load(LoadedModel(name).config.resolved, flags: batchSize ?? [], settings: [])
    }
    let threadPool = machine.threadPool
    let peak = SystemInfo.peakFlops(threadPool)
    guard peak.isFinite else { throw Self.stillClock() }
    if !json {
      let threads = threadPool.threads.pluralized("thread")
      try Console.print("\(CPUFeatures.name), \(threads): at most \((peak / 1e9).fixed(0)) GFLOP/s")
    }
    for config in configs {
      let benchmark = try Benchmark.measure(config, seconds: seconds, peak: peak, threadPool: threadPool)
      guard let benchmark else { throw Self.stillClock() }
      if json {
        try Console.print(benchmark.json.text(pretty: false))
      } else {
        for line in [""] + benchmark.lines { try Console.print(line) }
      }
    }
  }

  private static func stillClock() -> ExitCode {
    Console.error("the clock of this machine stands still, so nothing can be measured")
    return ExitStatus.unavailable.code
  }
}
