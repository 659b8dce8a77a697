import ArgumentParser
import CNNEngine
import ConfigDecoding
import ImageFiles

/// The root command.
@main
struct CNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cnn",
    abstract: "Train and evaluate convolutional networks on MNIST, fast, on a plain CPU.",
    discussion: """
      Example:
        cnn train lenet
        cnn eval runs/lenet
        cnn predict runs/lenet test@0..9
        cnn summary tf-convnet

      Data is what --data or the config's data.dir names: folders of pictures, CSV, IDX, npz or mat. Otherwise MNIST is \
      looked for in $CNN_DATA_DIR, data/mnist and the user's cache; if it is in none of them, it is downloaded into the \
      cache. --data builtin needs no file. A run knows its data.
      """,
    version: "cnn 0.1.0 (\(CPUFeatures.name))",
    subcommands: [
      Train.self, Eval.self, Predict.self, Serve.self, Summary.self, ReportCommand.self, Show.self,
      Bench.self,
      Export.self, Download.self, Schema.self, Manual.self,
    ])

  /// Parses the arguments and runs the command; prints errors to standard error and exits with their status.
  static func main() {
    guard CPUFeatures.isSupported else {
      Console.error(
        "this program was built for CPUs with \(CPUFeatures.name), which this CPU does not have; build it on this machine"
      )
      exit(withError: ExitStatus.defect.code)
    }
    Console.ignoreFailedWrites()
    if let hint = unknownCommandHint(CommandLine.arguments.dropFirst().first) {
      Console.error(hint)
      exit(withError: ExitStatus.usage.code)
    }
    if Set(CommandLine.arguments.dropFirst()) == ["--version", "--verbose"] { printVersion() }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard let status = ExitStatus(of: error) else { exit(withError: error) }
      for line in ExitStatus.lines(of: error) { Console.error(line) }
      exit(withError: status.code)
    }
  }

  /// Prints the version and the formats of pictures that can be read on this computer.
  private static func printVersion() -> Never {
    for line in [configuration.version] + PictureSupport.all.map(\.description) { try? Console.print(line) }
    exit()
  }

  /// The error for a first word that is not a command, with a suggestion that the argument parser does not make.
  private static func unknownCommandHint(_ word: String?) -> String? {
    let commands = configuration.subcommands.map { $0._commandName }
    guard let word, !word.hasPrefix("-"), !(commands + ["help"]).contains(word) else { return nil }
    let hint =
      Spelling.nearest(to: word, among: commands).map { "did you mean \"\($0)\"?" }
      ?? "commands are \(commands.joined(separator: ", "))"
    return "cnn: unknown command \"\(word)\"; \(hint)"
  }
}
