import Foundation
import ImageFiles
import Testing

@Suite struct ReadmeTests {
  private let readme: String

  init() throws {
    readme = try String(contentsOf: Repository.folder.appending(path: "README.md"), encoding: .utf8)
  }

  /// The lines of all code blocks of a language.
  private func blocks(_ language: String) -> [String] {
    var lines: [String] = []
    var isInside = false
    for line in readme.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```\(language)"
      } else if isInside {
        lines.append(String(line))
      }
    }
    return lines
  }

  @Test func everyCommandRuns() throws {
    let sandbox = try Sandbox()
    for (part, count) in [("train", 6000), ("t10k", 1200)] {
      let classes = (0..<count).map { $0 % 10 }
      try sandbox.write(Samples.images(classes), to: "data/mnist/\(part)-images-idx3-ubyte")
      try sandbox.write(Samples.labels(classes), to: "data/mnist/\(part)-labels-idx1-ubyte")
    }
    let digit = PNG.encode(Images(pixels: Samples.pixels(3), shape: ImageShape(height: 28, width: 28)))
    for name in ["photo.jpg", "scans/3.png"] { try sandbox.write(digit, to: name) }
    let commands = blocks("sh").filter { $0.hasPrefix("cnn ") }
    #expect(commands.count > 15)
    for command in commands {
      // The sandbox holds plain files; gzip has tests of its own.
      let words = command.dropFirst(4).split(separator: "#")[0].replacing("ubyte.gz", with: "ubyte")
      let outcome = try sandbox.run(String(words))
      let mayBeNo = words.contains("--min-accuracy")
      #expect(outcome.status == 0 || mayBeNo && outcome.status == 1, "\(command): \(outcome.errors)")
    }
  }

  @Test func everyCommandAndConfigIsNamed() throws {
    let help = try Sandbox().run("--help").output
    let listed = help.split(separator: "\n").drop { !$0.hasPrefix("SUBCOMMANDS") }.dropFirst()
      .prefix { $0.hasPrefix("  ") && !$0.hasPrefix("  See ") }
    let names = listed.filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
    #expect(names.count >= 7)
    for name in names { #expect(readme.contains("cnn \(name)"), "\(name)") }
    let configs = try FileManager.default.contentsOfDirectory(
      atPath: Repository.folder.appending(path: "configs").path)
    for config in configs { #expect(readme.contains("`\(config.dropLast(5))`"), "\(config)") }
  }

  @Test func itsConfigLoads() throws {
    let sandbox = try Sandbox()
    try sandbox.write(blocks("json").joined(separator: "\n"), to: "readme.json")
    let outcome = try sandbox.run("train --config readme.json --print-config")
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
