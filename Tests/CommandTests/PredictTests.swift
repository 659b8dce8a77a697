import CNNEngine
import Foundation
import Testing

struct PredictTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    try sandbox.write(Samples.images([7, 2, 1, 0]), to: "digits.idx")
    try sandbox.write(Samples.pgm(width: 28, height: 28, Samples.pixels(5)), to: "five.pgm")
    try sandbox.write(Samples.pgm(width: 5, height: 5, [UInt8](repeating: 0, count: 25)), to: "small.pgm")
    try sandbox.write(Samples.pgm(width: 28, height: 28, [1, 2, 3]), to: "cut.pgm")
    try sandbox.write(Samples.images([1], height: 27), to: "small.idx")
    try sandbox.write("hello", to: "texts/notes.txt")
    try sandbox.write([0x89] + Array("PNG\r\n\u{1A}\n".utf8), to: "five.png")
    return sandbox
  }

  private let command = "predict pixels.safetensors --config pixels.json"

  @Test func answersAreAsRecorded() throws {
    let sandbox = try sandbox()
    var snapshot = Snapshot(sandbox)
    for inputs in ["digits.idx", "digits.idx@2", "digits.idx@1..2 five.pgm --top 1", "five.pgm --top 12"] {
      try snapshot.run("\(command) \(inputs)")
    }
    try snapshot.run("\(command) -", input: Samples.pgm(width: 28, height: 28, Samples.pixels(9)))
    try snapshot.run("\(command) -", input: Samples.images([3, 4]))
    try sandbox.write(Samples.images([6]), to: "weird@7")
    try snapshot.run("\(command) weird@7")
    try snapshot.expect("predict")
  }

  @Test func faultsAreAsRecorded() throws {
    let sandbox = try sandbox()
    var snapshot = Snapshot(sandbox)
    for inputs in [
      "", "nosuch.pgm", "digits.idx@4", "digits.idx@3..1", "digits.idx@0..4", "small.pgm", "cut.pgm",
      "five.png", "pixels.json", ".", "small.idx", "texts", "five.pgm --top 0", "-", "five.pgm@3",
    ] {
      try snapshot.run("\(command) \(inputs)")
    }
    try snapshot.run("predict lenet five.pgm")
    try snapshot.run("predict nothing five.pgm")
    try snapshot.expect("predict-faults")
  }

  @Test(arguments: [Samples.images([8]), Samples.pgm(width: 28, height: 28, Samples.pixels(8))])
  func anOpenPipeIsReadOnce(bytes: [UInt8]) throws {
    let sandbox = try sandbox()
    try sandbox.write(bytes, to: "source")
    #expect(mkfifo("\(sandbox.folder)/pipe", 0o600) == 0)
    // What a shell makes of `<(cat source)`.
    for (descriptor, path) in [(9, "/dev/fd/9"), (0, "/dev/stdin"), (0, "-")] {
      let outcome = try sandbox.run(
        "\(command) --top 1 -- \(path)", after: "{ /bin/cat source > pipe & } && exec \(descriptor)<pipe")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.hasSuffix("  8  (8 99.7 %)\n"))
    }
  }

  @Test func jsonHasEveryScore() throws {
    let outcome = try sandbox().run("\(command) digits.idx@0 five.pgm --json")
    let json = try #require(try outcome.json() as? [[String: Any]])
    #expect(json.map { $0["input"] as? String } == ["digits.idx@0", "five.pgm"])
    #expect(json.map { $0["label"] as? String } == ["7", "5"])
    for (prediction, label) in zip(json, [7, 5]) {
      #expect(prediction["logits"] as? [Double] == (0..<10).map { $0 == label ? 8 : 0 })
      let probabilities = try #require(prediction["probabilities"] as? [Double])
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-9)
      #expect(abs(probabilities[label] - 1 / (1 + 9 * exp(-8.0))) < 1e-9)
    }
  }
}
