import ArgumentParser
import JSONText
import Training

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of a config.",
    discussion: "Example: cnn schema > cnn.schema.json")

  func run() throws { try Console.print(styled: ExperimentConfig.schema.text()) }
}
