import CNNEngine
import Foundation
import TestSupport

/// A folder in which the real program runs, with nothing of the user's around it: no data, no cache, no curl.
final class Sandbox {
  /// The folder the program is run in.
  let folder: String
  /// The cache the program sees.
  var cache: String { "\(root)/cache" }
  private let root: String
  private var runs = 0

  /// What a command wrote and how it ended.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The lines of standard output.
    var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }

  /// Where standard output goes; to a terminal together with standard error.
  enum Output { case file, closedPipe, terminal(Terminal) }

  init() throws {
    let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    root = "\(parent)/cnn-\(UUID().uuidString)"
    folder = "\(root)/work"
    for path in [folder, "\(root)/cache", "\(root)/bin", "\(root)/streams"] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Runs `cnn` with the words of `command` to its end.
  func run(
    _ command: String, input: [UInt8] = [], output: Output = .file, environment: [String: String] = [:],
    after preparation: String = ""
  ) throws -> Outcome {
    try start(command, input: input, output: output, environment: environment, after: preparation).wait()
  }

  /// Starts `cnn` with the words of `command`, after the shell's `preparation`.
  func start(
    _ command: String, input: [UInt8] = [], output: Output = .file, environment: [String: String] = [:],
    after preparation: String = ""
  ) throws -> RunningCommand {
    runs += 1
    let streams = "\(root)/streams/\(runs)"
    try Self.write(input, to: "\(streams).in")
    var variables = [
      "HOME": root, "XDG_CACHE_HOME": cache, "PATH": "\(root)/bin", "COLUMNS": "80",
      "SWIFT_BACKTRACE": "enable=no",
      // An error that ends the program is never freed.
      "ASAN_OPTIONS": "detect_leaks=0",
    ]
    variables.merge(environment) { $1 }
    return try RunningCommand(
      arguments: command.split(separator: " ").map(String.init), variables: variables, folder: folder,
      streams: streams, output: output, preparation: preparation)
  }

  /// Puts a file into the folder.
  func write(_ bytes: [UInt8], to name: String) throws {
    let path = "\(folder)/\(name)"
    let parent = (path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Self.write(bytes, to: path)
  }

  /// Writes a file no command started meanwhile inherits: a script that is open cannot be run.
  private static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw RunningCommand.Failure(errno, path) }
    defer { close(file) }
    try FileHandle(fileDescriptor: file).write(contentsOf: bytes)
  }

  /// Puts a text file into the folder.
  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// The bytes of a file in the folder.
  func read(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(folder)/\(name)")) }

  /// The lines of a text file in the folder.
  func lines(of name: String) throws -> [String] {
    try String(decoding: read(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Waits until something is so, half a minute at most.
  func wait(until condition: () -> Bool) {
    let clock = ContinuousClock()
    let patience = clock.now + .seconds(30)
    while !condition(), clock.now < patience { usleep(2_000) }
  }

  /// All files below a folder with their bytes, rows of metrics and events left out.
  func files(below name: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/\(name)")
    where file != "checkpoints" && file != "metrics.csv" && file != "events.jsonl" {
      files[file] = try read("\(name)/\(file)")
    }
    return files
  }

  /// Whether there is such a file in the folder.
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

  /// Puts a shell script called `curl` where the program looks for it.
  func installCurl(_ script: String) throws { try install("curl", script) }

  /// Puts a shell script of some name where the program looks for others.
  func install(_ name: String, _ script: String) throws {
    try Self.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "\(root)/bin/\(name)", mode: 0o755)
  }

  /// The text without what differs from run to run: folders, times, rates, the CPU.
  func normalized(_ text: String) -> String {
    let layerTypes = LayerType.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    return text.replacing(folder, with: "<folder>").replacing(cache, with: "<cache>")
      .replacing(layerTypes, with: "<layer types>")
      .replacing(/\d+\.\d+s\b/, with: "#s").replacing(/\d+\.\d+ms\/step/, with: "#ms/step")
      .replacing(/[\d,]+ img\/s/, with: "# img/s").replacing(/about [\d.]+ [kMG]B/, with: "about # MB")
      .replacing(/\((AVX[^)]*|NEON|SSE[^)]*)\)/, with: "(<cpu>)")
  }
}
