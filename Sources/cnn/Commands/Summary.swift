import ArgumentParser
import CNNEngine
import ConfigDecoding
import FileIO
import Formatting
import JSONText
import Training

struct Summary: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the layers of a network: shapes, kernels, parameters, multiply-adds.",
    usage: "cnn summary [<config|ckpt>] [<options>]",
    discussion: """
      Example: cnn summary tf-convnet

      Needs no data. Kernel, stride (S), padding and bias stand where a layer has them.
      """)

  @Argument(
    help: ArgumentHelp("A config, a checkpoint or a run's folder.", valueName: "config|ckpt"),
    completion: .config)
  var model = "lenet"

  @Option(help: ArgumentHelp("The network of bare weights.", valueName: "file"), completion: .config)
  var config: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Count the totals for a batch.", valueName: "n"))
  var batchSize = 1

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("--batch-size \(batchSize): must be from 1 to 65,536")
    }
  }

  func run() throws {
    let experiment = try LoadedModel(model, config: config).config
    let network = experiment.model
    if json { return try Console.print(network.json.text(pretty: false)) }
    try Console.print("\(experiment.name), input \(network.input)")
    let lines = network.summary.lines
    for line in lines { try Console.print(line) }
    try Console.print(lines[1])
    let batch = batchSize == 1 ? "an image" : "a batch of \(batchSize.grouped)"
    let activations = network.input.count + network.layers.reduce(0) { $0 + $1.output.count }
    try Console.print("Parameters: \(network.parameterCount.grouped) (\(size(network.parameterCount * 4)))")
    try Console.print("Multiply-adds for \(batch): \(inBatch(network.multiplyAdds).grouped)")
    try Console.print("Activations for \(batch): \(size(inBatch(activations * 4)))")
  }

  private func inBatch(_ count: Int) throws(DataError) -> Int {
    let (product, overflow) = count.multipliedReportingOverflow(by: batchSize)
    if overflow {
      throw .unsatisfiable(
        reason: "--batch-size \(batchSize): \(count.grouped) for each image are too many to count")
    }
    return product
  }

  private func size(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\((Double(bytes) / 1e3).fixed(1)) kB" : "\((Double(bytes) / 1e6).fixed(1)) MB"
  }
}

extension Model {
  /// The summary as JSON; a multiply-add is two floating-point operations.
  fileprivate var json: JSON {
    func shape(_ shape: Shape) -> JSON { JSON(shape.dimensions.map { JSON($0) }) }
    return JSON(object: [
      ("parameters", JSON(parameterCount)), ("flops", JSON(2 * multiplyAdds)), ("input_shape", shape(input)),
      (
        "layers",
        JSON(
          layers.map { layer in
            JSON(object: [
              ("name", JSON(layer.name)), ("type", JSON(layer.type)), ("input_shape", shape(layer.input)),
              ("output_shape", shape(layer.output)), ("parameters", JSON(layer.parameterCount)),
              ("flops", JSON(2 * layer.multiplyAdds)),
            ])
          })
      ),
    ])
  }
}
