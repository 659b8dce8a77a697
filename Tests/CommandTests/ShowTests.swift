import Foundation
import Testing

struct ShowTests {
  private let sandbox: Sandbox

  init() throws {
    sandbox = try Sandbox()
    let data = #""dataset": "builtin", "augment": ["rotate", "elastic", "noise"]"#
    try sandbox.write(Samples.tinyConfig, to: "tiny.json")
    try sandbox.write(
      Samples.tinyConfig.replacing(#""dataset": "builtin""#, with: data), to: "augmented.json")
  }

  @Test func picturesAreAsRecorded() throws {
    var snapshot = Snapshot(sandbox)
    try snapshot.run("show --config tiny.json --count 3")
    try snapshot.run("show --config tiny.json --split test --first 97 --count 9 --output sheet.png")
    try snapshot.run("show --config augmented.json --variants 3 --count 1 --epoch 5")
    for fault in [
      "--augment", "--variants 2", "--variants 0", "--epoch 0", "--count 0", "--first 300",
      "--output sheet.jpg",
      "--output sheet", "--set data.augment=rotate", "--set data.augment=[\"rotat\"]",
    ] {
      try snapshot.run("show --config tiny.json \(fault)")
    }
    try snapshot.run(
      "show --config rgb-vgg --set data.builtin.train=1 --set data.builtin.test=1 --output sheet.pgm")
    try snapshot.expect("show")
  }

  /// The size a PNG names in its header.
  private func size(_ path: String) throws -> [Int] {
    let bytes = try sandbox.read(path).map { $0 }
    #expect(bytes.prefix(8) == [137, 80, 78, 71, 13, 10, 26, 10])
    return [16, 20].map { offset in bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
  }

  @Test func sheetsHaveARowForEachImage() throws {
    #expect(try sandbox.run("show --config augmented.json --count 3 --variants 4 --output a.png").status == 0)
    // Four images of 28 and a gap of 2, with labels of 6, five times as large.
    #expect(try size("a.png") == [(4 * 30 + 2) * 5, (3 * 36 + 2) * 5])
    #expect(try sandbox.run("show --config tiny.json --count 9 --no-labels --output b.png").status == 0)
    #expect(try size("b.png") == [92 * 6, 92 * 6])
    #expect(try sandbox.run("show --config tiny.json --count 9 --no-labels --output b.ppm").status == 0)
    #expect(try sandbox.read("b.ppm").starts(with: Array("P6\n92 92\n255\n".utf8)))
  }

  @Test func epochsAreDrawnApartAndAlwaysAlike() throws {
    let epochs = try ["", "--epoch 1", "--epoch 2"].map {
      try sandbox.run("show --config augmented.json --augment --count 2 \($0)").lines.filter {
        !$0.hasPrefix("#")
      }
    }
    #expect(epochs[0] == epochs[1] && epochs[1] != epochs[2])
    let plain = try sandbox.run("show --config augmented.json --count 2").lines.filter { !$0.hasPrefix("#") }
    #expect(
      plain == (try sandbox.run("show --config tiny.json --count 2").lines.filter { !$0.hasPrefix("#") }))
    #expect(plain != epochs[0])
  }

  @Test func pipesGetNoColours() throws {
    let colors = ["COLORTERM": "truecolor", "TERM": "xterm-256color"]
    let outcome = try sandbox.run("show --config tiny.json --count 1", environment: colors)
    #expect(!outcome.output.contains("\u{1B}"))
  }
}
