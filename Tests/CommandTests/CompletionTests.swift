import Testing

struct CompletionTests {
  @Test(arguments: ["bash", "zsh", "fish"])
  func scriptsNameEveryCommand(shell: String) throws {
    let script = try Sandbox().run("--generate-completion-script \(shell)")
    #expect(script.status == 0)
    for command in try Help.commands() { #expect(script.output.contains(command.name)) }
  }

  /// A value that is a file or folder is completed: `completion: .file()`, `.directory` or `.config`.
  @Test func everyValueThatIsAPathIsCompleted() throws {
    let paths: Set = ["file", "dir", "ckpt", "run", "input", "weights", "config", "path", "file.html"]
    for command in try Help.commands() {
      for argument in command.arguments ?? [] where argument.kind != "flag" {
        let words = (argument.valueName ?? "").split(separator: "|").map(String.init)
        if paths.isDisjoint(with: words) { continue }
        #expect(argument.completionKind != nil, "\(command.name) \(argument.words[0])")
      }
    }
  }

  /// What real bash offers for the last of some words.
  private func completions(_ words: String..., in sandbox: Sandbox) throws -> [String] {
    try sandbox.write(sandbox.run("--generate-completion-script bash").output, to: ".cnn.bash")
    let (line, last) = (words.joined(separator: " "), words.count)
    try sandbox.write(
      """
      source .cnn.bash
      words=(\(words.map { "'\($0)'" }.joined(separator: " ")))
      COMP_WORDS=("$1" "${words[@]}")
      COMP_CWORD=\(last)
      COMP_LINE="$1 \(line)"
      COMP_POINT=${#COMP_LINE}
      "$(complete -p cnn | sed -E 's/.* -F ([^ ]+) .*/\\1/')" "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """, to: ".complete")
    let outcome = try sandbox.run(
      "--version", environment: ["PATH": "/usr/bin:/bin"], after: #"bash .complete "$1""#)
    #expect(outcome.errors == "")
    return outcome.lines.dropLast().filter { !$0.isEmpty }
  }

  @Test func bashOffersCommandsOptionsValuesAndFiles() throws {
    let sandbox = try Sandbox()
    try sandbox.write("{}", to: "configs/mine.json")
    try sandbox.write("", to: "letter.txt")
    #expect(try completions("ev", in: sandbox) == ["eval"])
    #expect(try completions("train", "--tens", in: sandbox) == ["--tensorboard"])
    #expect(
      try completions("train", "--config", "le", in: sandbox) == ["lenet", "lenet-augmented", "letter.txt"])
    #expect(try completions("train", "--config", "configs/", in: sandbox) == ["configs/mine.json"])
    #expect(try completions("train", "--data", "", in: sandbox) == ["builtin", "configs/", "letter.txt"])
    #expect(try completions("train", "--output", "", in: sandbox) == ["configs"])
    #expect(try completions("eval", "x", "--split", "t", in: sandbox) == ["test", "train"])
    #expect(try completions("eval", "le", in: sandbox) == ["letter.txt"])
  }
}
