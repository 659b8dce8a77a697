import ArgumentParser
import Configuration

struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the manual page: the help of every command.",
    discussion: """
      Example: cnn manual >~/.local/share/man/man1/cnn.1

      Read it with: man cnn, or at once with: cnn manual | man -l -
      """)

  func run() throws {
    let help = try JSON(parsing: Array(CNN._dumpHelp().utf8), origin: "help")
    for line in ManualPage(help).lines { try Console.print(line) }
  }
}
