import Foundation
import Testing

/// Names of files with bytes that are not UTF-8, and with control characters.
struct FileNameTests {
  /// A sandbox with the sample network, and the shell's words that append a name of these bytes, in octal, to a command.
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.write(Samples.pixelsConfig, to: "config.json")
    try sandbox.write(Samples.pixelsWeights(), to: "weights")
    try sandbox.write(Samples.pgm(width: 28, height: 28, Samples.pixels(8)), to: "eight.pgm")
    return sandbox
  }

  /// Appends names, with escapes of printf(1), to the arguments, once `preparation` has made them.
  private func names(_ names: String..., made preparation: String = ":") -> String {
    "\(preparation) && " + names.map { "set -- \"$@\" \"$(printf '\($0)')\"" }.joined(separator: " && ")
  }

  /// The bytes of the names in a folder.
  private func listing(_ sandbox: Sandbox, _ folder: String = ".") throws -> [[UInt8]] {
    guard let stream = opendir("\(sandbox.folder)/\(folder)") else { return [] }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test func anInputKeepsItsBytes() throws {
    let copy = #"/bin/cp eight.pgm "$(printf '\377.pgm')" && /bin/cp weights "$(printf 'w\377\200')""#
    let sandbox = try sandbox()
    let predicted = try sandbox.run(
      "predict weights --config config.json --top 1", after: names(#"\377.pgm"#, made: copy))
    #expect(predicted.status == 0 && predicted.output == "\\xff.pgm  8  (8 99.7 %)\n", "\(predicted.errors)")
    let csv = try sandbox.run("predict weights --config config.json --csv", after: names(#"\377.pgm"#))
    #expect(csv.lines.last?.hasPrefix("\\xff.pgm,8,") == true)
    let json = try sandbox.run("predict weights --config config.json --json", after: names(#"\377.pgm"#))
    #expect(json.output.contains(#""input":"\udbff\udeff.pgm""#))
    let list = try #require(try json.json() as? [[String: Any]])
    #expect(list[0]["input"] as? String == "\u{10FEFF}.pgm")
    let weights = try sandbox.run(
      "predict --config config.json --top 1", after: names(#"w\377\200"#, "eight.pgm"))
    #expect(weights.status == 0 && weights.output == "eight.pgm  8  (8 99.7 %)\n", "\(weights.errors)")
    let missing = try sandbox.run("eval", after: names(#"no\377.ckpt"#))
    #expect(missing.status == 66 && missing.errors.hasPrefix("no\\xff.ckpt: no such checkpoint"))
    // The character that stands for the byte is another name.
    let other = try sandbox.run(
      "predict weights --config config.json", after: names(#"\364\217\273\277.pgm"#))
    #expect(other.status == 66 && other.errors.hasPrefix("\\xf4\\x8f\\xbb\\xbf.pgm: "), "\(other.errors)")
  }

  @Test func anOutputKeepsItsBytes() throws {
    let sandbox = try sandbox()
    let npz = try sandbox.run(
      "export weights --config config.json --format npz --output", after: names(#"o\377.npz"#))
    #expect(npz.status == 0 && npz.output.hasPrefix("o\\xff.npz: "), "\(npz.errors)")
    let saved = try sandbox.run(
      "predict weights --config config.json eight.pgm --save-input", after: names(#"s\200"#))
    #expect(saved.status == 0, "\(saved.errors)")
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    let run = try sandbox.run("train --config tiny.json --quiet --output", after: names(#"r\377"#))
    #expect(run.status == 0, "\(run.errors)")
    let evaluated = try sandbox.run("eval", after: names(#"r\377"#))
    #expect(evaluated.status == 0 && evaluated.output.hasPrefix("r\\xff/model.ckpt on the test images"))
    #expect(try listing(sandbox).contains([UInt8(ascii: "o"), 0xFF] + Array(".npz".utf8)))
    #expect(try listing(sandbox).contains([UInt8(ascii: "r"), 0xFF]))
    let folder = try sandbox.run("report --text", after: names(#"r\377"#))
    #expect(folder.status == 0, "\(folder.errors)")
  }

  @Test func picturesAndClassesOfSuchNames() throws {
    let sandbox = try sandbox()
    let copies = ["a", "b"].map { part in
      #"/bin/mkdir -p "$(printf 'data/\#(part)\377')" && for i in 1 2 3; do /bin/cp eight.pgm "$(printf 'data/\#(part)\377/\200'$i.pgm)"; done"#
    }
    let shown = try sandbox.run("show data", after: copies.joined(separator: " && "))
    #expect(shown.status == 0 && shown.output.contains("a\\xff") && shown.output.contains("b\\xff"))
    let options = "--epochs 1 --batch-size 2 --set data.validation.count=2 --quiet"
    let trained = try sandbox.run("train data \(options) --output run")
    #expect(trained.status == 0, "\(trained.errors)")
    let evaluated = try sandbox.run("eval run --json")
    #expect(evaluated.status == 0 && evaluated.output.contains(#""class":"a\\xff""#), "\(evaluated.output)")
    let predicted = try sandbox.run("predict run --top 1", after: names(#"data/a\377"#))
    #expect(predicted.status == 0 && predicted.lines.count == 3)
    #expect(predicted.output.hasPrefix("data/a\\xff/\\x801.pgm  "))
  }

  @Test func nothingIsPrintedRaw() throws {
    let sandbox = try sandbox()
    let name = #"a\033[31m\nb\342\200\256\302\233.pgm"#
    let visible = "a\\u001b[31m\\nb\\u202e\\u009b.pgm"
    let copy = "/bin/cp eight.pgm \"$(printf '\(name)')\""
    let predicted = try sandbox.run(
      "predict weights --config config.json --top 1", after: names(name, made: copy))
    #expect(predicted.output == "\(visible)  8  (8 99.7 %)\n", "\(predicted.errors)")
    for (command, status) in [
      ("predict weights --config config.json eight.pgm --top", 64), ("train --threads", 64),
      ("train --lr 0.1 --data", 66),
      ("eval", 66), ("train --config", 66), ("train --set", 64), ("summary", 66), ("", 64),
      ("predict weights --config config.json", 66), ("train --resume", 66),
    ] as [(String, Int32)] {
      let outcome = try sandbox.run(command, after: names("x" + name))
      #expect(outcome.status == status, "\(command): \(outcome.status) \(outcome.errors)")
      #expect(outcome.errors.contains("x\(visible)"), "\(command): \(outcome.errors)")
      let scalars = outcome.errors.unicodeScalars.filter { $0 != "\n" }
      #expect(
        !scalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" }, "\(command)")
    }
  }
}
