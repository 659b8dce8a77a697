import ArgumentParser
import CNNEngine
import ConfigDecoding

/// The command line.
@main
struct CNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cnn",
    abstract: "Trains and evaluates convolutional networks on MNIST, fast, on a plain CPU.",
    discussion: """
      Example:
        cnn train --config lenet
        cnn eval runs/lenet
        cnn predict runs/lenet t10k-images-idx3-ubyte.gz@0..9
        cnn summary tf-convnet

      MNIST is looked for in --data, $CNN_DATA_DIR, the config's data.dir, data/mnist and the user's cache; \
      when it is nowhere, it is downloaded into the cache. --data builtin needs no file at all.
      """,
    version: "cnn 0.1.0 (\(CPUFeatures.name))",
    subcommands: [
      Train.self, Eval.self, Predict.self, Serve.self, Summary.self, ReportCommand.self, Show.self,
      Bench.self,
      Export.self, Download.self, Schema.self, Manual.self,
    ])

  /// Parses, runs, and turns every error into lines on standard error and an exit status.
  static func main() {
    guard CPUFeatures.isSupported else {
      Console.error(
        "this program was built for a CPU with \(CPUFeatures.name), which this one has not; build it here")
      exit(withError: ExitStatus.defect.code)
    }
    Console.ignoreFailedWrites()
    if let hint = unknownCommandHint(CommandLine.arguments.dropFirst().first) {
      Console.error(hint)
      exit(withError: ExitStatus.usage.code)
    }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard let status = ExitStatus(of: error) else { exit(withError: error) }
      for line in ExitStatus.lines(of: error) { Console.error(line) }
      exit(withError: status.code)
    }
  }

  /// What to say of a first word that is no command; the argument parser would only call it unexpected.
  private static func unknownCommandHint(_ word: String?) -> String? {
    let commands = configuration.subcommands.map { $0._commandName }
    guard let word, !word.hasPrefix("-"), !(commands + ["help"]).contains(word) else { return nil }
    let hint =
      Spelling.nearest(to: word, among: commands).map { "did you mean \"\($0)\"?" }
      ?? "commands are \(commands.joined(separator: ", "))"
    return "cnn: no command \"\(word)\"; \(hint)"
  }
}
