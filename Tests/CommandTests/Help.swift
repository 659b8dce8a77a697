import Foundation

/// What the program tells of its commands, `--experimental-dump-help`.
enum Help {
  /// A command.
  struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let arguments: [Argument]?
    let subcommands: [Command]?

    var name: String { commandName }
  }

  /// An argument, option or flag.
  struct Argument: Decodable {
    let kind: String
    let abstract: String?
    let valueName: String?
    let names: [Name]?
    let completionKind: CompletionKind?

    struct Name: Decodable {
      let kind: String
      let name: String
    }

    /// Whatever it says, here it only matters that there is one.
    struct CompletionKind: Decodable {}

    /// `--config`, `-h`, `<ckpt>`.
    var words: [String] {
      names?.map { ($0.kind == "long" ? "--" : "-") + $0.name } ?? ["<\(valueName ?? "")>"]
    }
  }

  private struct Dump: Decodable { let command: Command }

  /// The program itself with all its commands.
  static func program() throws -> Command {
    let output = try Sandbox().run("--experimental-dump-help").output
    return try JSONDecoder().decode(Dump.self, from: Data(output.utf8)).command
  }

  /// Every command but `help`.
  static func commands() throws -> [Command] {
    try program().subcommands?.filter { $0.name != "help" } ?? []
  }
}
