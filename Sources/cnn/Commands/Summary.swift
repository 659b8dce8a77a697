import ArgumentParser
import CNNEngine
import ConfigDecoding
import Formatting
import JSONText
import Reporting
import Training

struct Summary: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the layers of a network: shapes, kernels, parameters, multiply-adds.",
    usage: "cnn summary [<config|ckpt>] [<options>]",
    discussion: """
      Example: cnn summary tf-convnet

      Needs no data. Layers with a kernel also show stride (S), padding and bias.
      """)

  @Argument(
    help: ArgumentHelp(
      "A config, a checkpoint or a run folder. (default: the run in this folder, else lenet)",
      valueName: "config|ckpt"),
    completion: .config)
  var model: String?

  @OptionGroup var weights: WeightsConfigOption

  @Option(parsing: .unconditional, help: ArgumentHelp("Batch size of the totals.", valueName: "n"))
  var batchSize = 1

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("--batch-size \(batchSize): must be from 1 to 65,536")
    }
  }

  func run() throws {
    let config = try LoadedModel(model ?? (RunFolder.isRun(".") ? "." : "lenet"), config: weights.config)
      .config
    let threads = ThreadPool.availableCores
    let training = try MemoryEstimate.training(config, threads: threads)
    let evaluation = try MemoryEstimate.evaluation(config.model, threads: threads)
    if json {
      var json = config.model.summaryJSON
      json["memory"] = ["training": JSON(training.total), "evaluation": JSON(evaluation.total)]
      return try Console.print(json.text(pretty: false))
    }
    for line in try config.model.summaryLines(name: config.name, batchSize: batchSize) {
      try Console.print(line)
    }
    let batches = "in batches of \(config.train.batchSize.grouped)"
    try Console.print(
      "Memory to train: about \(training.total.byteSize) \(batches), beside program and images")
    try Console.print("Memory to evaluate: about \(evaluation.total.byteSize)")
  }
}
