import ArgumentParser

@main
struct CNN: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cnn")
}
