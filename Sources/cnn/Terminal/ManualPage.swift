import ConfigDecoding

/// A manual page in the man(7) language, generated from the argument parser's description of all commands.
struct ManualPage {
  private(set) var lines: [String]

  /// - Parameter help: what `cnn --experimental-dump-help` prints.
  init(_ help: JSON) {
    let command = help["command"] ?? .null
    let name = command.text("commandName")
    lines = [
      ".TH \(name.uppercased()) 1 \"\" \"\(CNN.configuration.version)\" \"User Commands\"", ".SH NAME",
      Self.escaped("\(name) - \(command.text("abstract"))"), ".SH SYNOPSIS", ".B \(name)",
      "<command> [<options>]", ".SH DESCRIPTION",
    ]
    add(paragraphs: command.text("discussion"))
    add(command.array("arguments"))
    lines.append(".SH COMMANDS")
    for command in command.array("subcommands") where command.text("commandName") != "help" {
      add(command, of: name)
    }
    lines.append(".SH ENVIRONMENT")
    for (variable, meaning) in Self.environment { add(item: Self.bold(variable), meaning) }
    lines.append(".SH EXIT STATUS")
    for (status, meaning) in ExitStatus.meanings { add(item: Self.bold("\(status)"), meaning) }
  }

  private static let environment = [
    ("CNN_DATA_DIR", "Folder of MNIST, overridden by --data."),
    ("XDG_CACHE_HOME", "The user's cache folder, into which MNIST is downloaded; by default ~/.cache."),
    ("NO_COLOR", "If not empty, nothing is printed in colours."),
    (
      "LC_ALL, LC_CTYPE, LANG", "With a character set other than UTF-8, bars and curves are printed in ASCII."
    ),
    ("COLORTERM", "With \"truecolor\" or \"24bit\", cnn show prints images in colours and shades of gray."),
    ("TERM", "With \"dumb\", there is no progress bar."),
  ]

  private mutating func add(_ command: JSON, of program: String) {
    let arguments = command.array("arguments").filter { !["version", "help"].contains($0.text("valueName")) }
    let operands = arguments.filter { $0.text("kind") == "positional" }.map(Self.operand)
    let words = ["\(program) \(command.text("commandName"))"]
    lines += [".SS " + Self.escaped(words[0]), Self.escaped(command.text("abstract")), ".PP"]
    lines.append(([Self.bold(words[0])] + operands + ["[<options>]"]).joined(separator: " "))
    lines.append(".PP")
    add(paragraphs: command.text("discussion"))
    add(arguments)
  }

  /// Adds arguments and options.
  private mutating func add(_ arguments: [JSON]) {
    for argument in arguments where argument["shouldDisplay"]?.bool != false {
      let names = argument.array("names").map { name in
        Self.bold((name.text("kind") == "long" ? "--" : "-") + name.text("name"))
      }
      let value = argument.text("kind") == "flag" ? "" : Self.operand(argument)
      let heading = names.joined(separator: ", ") + (names.isEmpty || value.isEmpty ? "" : " ") + value
      let values = argument.array("allValues").compactMap(\.string).joined(separator: ", ")
      let fallback = argument.text("defaultValue")
      let notes =
        (values.isEmpty ? [] : ["values: \(values)"]) + (fallback.isEmpty ? [] : ["default: \(fallback)"])
      add(
        item: heading,
        argument.text("abstract") + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"))
    }
  }

  private mutating func add(item heading: String, _ text: String) {
    lines += [".TP", heading, Self.escaped(text)]
  }

  /// Adds paragraphs; indented lines are not filled.
  private mutating func add(paragraphs text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        lines.append(".PP")
      } else if line.hasPrefix("  ") {
        lines += [".nf", Self.escaped(String(line)), ".fi"]
      } else {
        lines += [Self.escaped(String(line)), ".br"]
      }
    }
  }

  private static func operand(_ argument: JSON) -> String {
    let name = "<\(escaped(argument.text("valueName")))>"
    return argument["isRepeating"]?.bool == true && argument["names"] == nil ? name + "..." : name
  }

  private static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }

  /// Escapes what troff interprets: backslashes, minus signs, a control character at the start of a line.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}

extension JSON {
  /// The string under a key; empty if there is none.
  fileprivate func text(_ key: String) -> String { self[key]?.string ?? "" }

  /// The list under a key; empty if there is none.
  fileprivate func array(_ key: String) -> [JSON] { self[key]?.array ?? [] }
}
