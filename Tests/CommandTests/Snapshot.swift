import Foundation
import Testing
import TestSupport

/// Commands and what they print, compared with a file in `Snapshots/`.
///
/// `RECORD_SNAPSHOTS=1 scripts/test --filter CommandTests` rewrites the files; read the difference before
/// committing it.
struct Snapshot {
  private let sandbox: Sandbox
  private var transcript: [String] = []

  init(_ sandbox: Sandbox) { self.sandbox = sandbox }

  /// Runs a command and notes it: standard output as it is, standard error behind `2> `, a status that is not 0.
  mutating func run(_ command: String, input: [UInt8] = [], environment: [String: String] = [:]) throws {
    let outcome = try sandbox.run(command, input: input, environment: environment)
    let output = sandbox.normalized(outcome.output), errors = sandbox.normalized(outcome.errors)
    transcript.append("$ cnn \(command)".replacing(sandbox.folder, with: "<folder>"))
    transcript += Self.lines(output) + Self.lines(errors).map { "2> \($0)" }
    if outcome.status != 0 { transcript.append("exit status \(outcome.status)") }
    transcript.append("")
  }

  /// Compares everything noted so far, line by line, with the file called `name`.
  func expect(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots/\(name).txt")
    let text = transcript.joined(separator: "\n")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      return try Data(text.utf8).write(to: file)
    }
    let recorded = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    if recorded == text { return }
    let expected = recorded.components(separatedBy: "\n")
    let index = zip(expected, transcript).enumerated().first { $1.0 != $1.1 }?.offset
    let line = index ?? min(expected.count, transcript.count)
    func at(_ lines: [String]) -> String { line < lines.count ? lines[line] : "the end" }
    let command = transcript.prefix(line + 1).last { $0.hasPrefix("$ ") } ?? ""
    Issue.record(
      "\(name).txt:\(line + 1), \(command)\n  recorded: \(at(expected))\n  printed:  \(at(transcript))",
      sourceLocation: sourceLocation)
  }

  private static func lines(_ text: String) -> [String] {
    if text.isEmpty { return [] }
    let lines = text.components(separatedBy: "\n")
    return lines.last == "" ? lines.dropLast() : lines + ["(no newline)"]
  }
}
