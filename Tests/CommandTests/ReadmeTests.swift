import Foundation
import ImageFiles
import Testing

/// README and docs: commands run, configs load, lists are complete, links lead somewhere.
@Suite struct ReadmeTests {
  /// A page of the documentation.
  private struct Page {
    /// Its path in the repository.
    let path: String
    let lines: [String]

    init(_ path: String) throws {
      self.path = path
      let text = try String(contentsOf: Repository.folder.appending(path: path), encoding: .utf8)
      lines = text.components(separatedBy: "\n")
    }

    /// The code blocks of a language, in order.
    func blocks(_ language: String) -> [String] {
      var blocks: [[String]] = []
      var fence: String?
      for line in lines {
        if line.hasPrefix("```") {
          fence = fence == nil ? String(line.dropFirst(3)) : nil
          if fence == language { blocks.append([]) }
        } else if fence == language {
          blocks[blocks.count - 1].append(line)
        }
      }
      return blocks.map { $0.joined(separator: "\n") }
    }

    /// The lines outside of code blocks.
    var prose: [String] {
      var prose: [String] = []
      var isCode = false
      for line in lines {
        if line.hasPrefix("```") {
          isCode.toggle()
        } else if !isCode {
          prose.append(line)
        }
      }
      return prose
    }

    /// Links and pictures, but for those to other sites: a path in the repository, and the heading after `#`.
    var links: [(path: String, anchor: String)] {
      let folder = path.split(separator: "/").dropLast()
      var links: [(path: String, anchor: String)] = []
      for line in prose {
        for match in line.matches(of: /\]\(([^)\s]+)\)/) where !match.output.1.contains("://") {
          let parts = match.output.1.split(separator: "#", omittingEmptySubsequences: false)
          var names = folder
          for name in parts[0].split(separator: "/") {
            if name == ".." { names = names.dropLast() } else { names.append(name) }
          }
          let target = parts[0].isEmpty ? path : names.joined(separator: "/")
          links.append((path: target, anchor: parts.count > 1 ? String(parts[1]) : ""))
        }
      }
      return links
    }

    /// What GitHub calls the headings.
    var anchors: Set<String> {
      var anchors: Set<String> = []
      for line in prose where line.hasPrefix("#") {
        let title = line.drop { $0 == "#" }.dropFirst().lowercased()
        let kept = title.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " " }
        anchors.insert(kept.replacing(" ", with: "-"))
      }
      return anchors
    }
  }

  /// Every page, README first.
  private static func pages() throws -> [Page] {
    let docs = try FileManager.default.contentsOfDirectory(
      atPath: Repository.folder.appending(path: "docs").path)
    let names = docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    return try (["README.md", "CONTRIBUTING.md"] + names).map { try Page($0) }
  }

  // MARK: Commands and configs

  /// The commands of `sh` blocks, in order and in one folder; `scripts/check-interop` runs those of docs/interop.md.
  @Test(arguments: ["README.md", "docs/usage.md", "docs/augmentation.md"])
  func everyCommandRuns(page: String) throws {
    let sandbox = try Sandbox()
    for (part, count) in [("train", 6000), ("t10k", 1200)] {
      let classes = (0..<count).map { $0 % 10 }
      try sandbox.write(Samples.images(classes), to: "data/mnist/\(part)-images-idx3-ubyte")
      try sandbox.write(Samples.labels(classes), to: "data/mnist/\(part)-labels-idx1-ubyte")
    }
    let digit = PNG.encode(Images(pixels: Samples.pixels(3), shape: ImageShape(height: 28, width: 28)))
    for name in ["photo.jpg", "scans/3.png"] { try sandbox.write(digit, to: name) }
    for index in 0..<20 {
      let pixels = Samples.pixels(index)
      let picture = PNG.encode(Images(pixels: pixels, shape: ImageShape(height: 28, width: 28)))
      try sandbox.write(picture, to: "pictures/\(["cat", "dog"][index % 2])/\(index).png")
    }
    let commands = try Page(page).blocks("sh").flatMap { $0.components(separatedBy: "\n") }
      .filter { $0.hasPrefix("cnn ") }
    #expect(!commands.isEmpty)
    for command in commands {
      // The sandbox holds plain files; gzip has tests of its own.
      let words = command.dropFirst(4).split(separator: "#")[0].replacing("ubyte.gz", with: "ubyte")
      let outcome = try sandbox.run(String(words))
      let mayMissAccuracy = words.contains("--min-accuracy")
      #expect(
        outcome.status == 0 || mayMissAccuracy && outcome.status == 1, "\(command): \(outcome.errors)")
    }
  }

  @Test func everyCommandAndConfigIsNamed() throws {
    let readme = try Page("README.md").lines.joined(separator: "\n")
    let usage = try Page("docs/usage.md").lines.joined(separator: "\n")
    let commands = try Help.commands()
    #expect(commands.count >= 7)
    for command in commands {
      let words = "cnn \(command.name)"
      #expect(readme.contains(words) || usage.contains(words), "\(words)")
    }
    let configs = try FileManager.default.contentsOfDirectory(
      atPath: Repository.folder.appending(path: "configs").path)
    for config in configs { #expect(readme.contains("| `\(config.dropLast(5))` |"), "\(config)") }
  }

  @Test(arguments: ["README.md", "docs/configuration.md"])
  func everyConfigLoads(page: String) throws {
    let sandbox = try Sandbox()
    let configs = try Page(page).blocks("json")
    #expect(!configs.isEmpty)
    for config in configs {
      try sandbox.write(config, to: "page.json")
      let outcome = try sandbox.run("train --config page.json --print-config")
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  /// Layers, optimizers, keys and their words stand as code in one of the two pages.
  @Test func everyConfigKeyIsDocumented() throws {
    var documented: Set<String> = []
    for line in try ["docs/configuration.md", "docs/augmentation.md"].flatMap({ try Page($0).prose }) {
      for match in line.matches(of: /`([^`]+)`/) {
        let words = match.output.1.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        documented.formUnion(words.map(String.init))
      }
    }
    let names = Self.names(in: try Sandbox().run("schema").json())
    #expect(names.count > 100)
    #expect(names.subtracting(documented).sorted() == [])
  }

  /// The keys of a schema and the words they take.
  private static func names(in schema: Any) -> Set<String> {
    var found: Set<String> = []
    if let list = schema as? [Any] {
      for element in list { found.formUnion(Self.names(in: element)) }
    } else if let object = schema as? [String: Any] {
      if let properties = object["properties"] as? [String: Any] { found.formUnion(properties.keys) }
      if let word = object["const"] as? String { found.insert(word) }
      if let words = object["enum"] as? [Any] { found.formUnion(words.compactMap { $0 as? String }) }
      for value in object.values { found.formUnion(Self.names(in: value)) }
    }
    return found
  }

  // MARK: Form

  @Test func readmeIsShort() throws {
    let lines = try Page("README.md").lines
    #expect(lines.count <= 200)
    for line in lines {
      let isTableOrLink = line.hasPrefix("|") || line.contains("](")
      #expect(line.count <= (isTableOrLink ? 160 : 120), "\(line)")
    }
  }

  @Test func everyLinkLeadsSomewhere() throws {
    for page in try Self.pages() {
      for link in page.links {
        let url = Repository.folder.appending(path: link.path)
        #expect(FileManager.default.fileExists(atPath: url.path), "\(page.path): \(link.path)")
        if link.anchor.isEmpty { continue }
        let anchors = try Page(link.path).anchors
        #expect(anchors.contains(link.anchor), "\(page.path): \(link.path)#\(link.anchor)")
      }
    }
  }

  /// Pages and pictures of docs, from the README by at most two links.
  @Test func everyPageIsTwoClicksAway() throws {
    var reached: Set<String> = ["README.md"]
    for _ in 1...2 {
      for path in reached where path.hasSuffix(".md") {
        reached.formUnion(try Page(path).links.map(\.path))
      }
    }
    let docs = try FileManager.default.contentsOfDirectory(
      atPath: Repository.folder.appending(path: "docs").path)
    for name in docs { #expect(reached.contains("docs/\(name)"), "docs/\(name)") }
  }

  /// Code that documentation shows is the code of the file that it names.
  @Test(arguments: [
    ("Sources/CNNEngine/CNNEngine.docc/TrainLeNet.md", "Examples/Sources/TrainLeNet/main.swift"),
    ("Sources/CNNEngine/CNNEngine.docc/ReadPicture.md", "Examples/Sources/ReadPicture/main.swift"),
    ("CONTRIBUTING.md", "Sources/CNNEngine/Layers/Tanh.swift"),
  ])
  func quotedCodeIsCurrent(page: String, source: String) throws {
    func text(_ path: String) throws -> String {
      try String(contentsOf: Repository.folder.appending(path: path), encoding: .utf8)
    }
    #expect(try text(page).contains("```swift\n\(text(source))```"), "\(page) quotes \(source)")
  }
}
