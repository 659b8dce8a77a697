import ArgumentParser
import CNNEngine
import ConfigDecoding
import FileIO
import Formatting
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
      Train.self, Eval.self, Compare.self, Predict.self, Serve.self, Summary.self, ReportCommand.self,
      Show.self,
      Bench.self,
      Export.self, Download.self, Schema.self, Manual.self,
    ])

  /// Parses the arguments and runs the command; prints errors to standard error and exits with their status.
  static func main() {
    // Before anything is opened, and before any thread is started.
    guard StandardStreams.take() else { exit(withError: ExitStatus.unavailable.code) }
    Interruption.watch()
    guard CPUFeatures.isSupported else {
      Console.error(
        "this program was built for CPUs with \(CPUFeatures.name), which this CPU does not have; build it on this machine"
      )
      exit(withError: ExitStatus.defect.code)
    }
    Console.ignoreFailedWrites()
    let arguments = arguments
    if let hint = unknownCommandHint(arguments.first) {
      Console.error(hint)
      exit(withError: ExitStatus.usage.code)
    }
    if Set(arguments) == ["--version", "--verbose"] { printVersion() }
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      end(by: error, arguments)
    }
  }

  /// Prints an error, or the help that was asked for, and exits with its status.
  private static func end(by error: any Error, _ arguments: [String]) -> Never {
    if let status = ExitStatus(of: error) {
      for line in ExitStatus.lines(of: error) { Console.error(line) }
      exit(withError: status.code)
    }
    let (code, text) = (exitCode(for: error), fullMessage(for: error))
    if text.isEmpty { exit(withError: code) }
    do {
      if code == .success { try Console.print(styled: text) }
    } catch {
      exit(withError: exitCode(for: error))
    }
    if code != .success {
      // The argument parser's lines are kept, those in an argument are not.
      let message = arguments.filter { $0.contains(where: \.isNewline) }.reduce(text) { text, argument in
        text.replacing(argument, with: argument.oneLine)
      }
      for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
        Console.error(String(line))
      }
    }
    exit(withError: code)
  }

  /// The arguments with every byte of theirs; `CommandLine.arguments` repairs those that are not UTF-8.
  private static var arguments: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap {
      CommandLine.unsafeArgv[$0].map { String.decoding(rawBytes: $0) }
    }
  }

  /// Prints the version and the formats of pictures that can be read on this computer.
  private static func printVersion() -> Never {
    try? Console.print([configuration.version] + PictureSupport.all.map(\.description))
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
