import ArgumentParser
import ConfigDecoding
import JSONText

struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the manual page: the help of every command.",
    discussion: """
      Example: cnn manual >cnn.1 && man ./cnn.1

      man finds it in a folder man1 below one of manpath, such as ~/.local/share/man/man1.
      """)

  func run() throws {
    let help = try JSON(parsing: Array(CNN._dumpHelp().utf8), origin: "help")
    for line in ManualPage(help).lines { try Console.print(line) }
  }
}
