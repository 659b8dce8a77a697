import CNNEngine
import Foundation
import Testing

struct EvalTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    try sandbox.writeDataset(to: "digits")
    return sandbox
  }

  private let command = "eval pixels.safetensors --config pixels.json --data digits"

  @Test func reportsAreAsRecorded() throws {
    var snapshot = Snapshot(try sandbox())
    for options in ["", " --split train --limit 3", " --min-accuracy 0.9", " --min-accuracy 0.95 --limit 5"] {
      try snapshot.run(command + options)
    }
    try snapshot.expect("eval")
  }

  @Test func jsonHasEveryNumber() throws {
    let outcome = try sandbox().run("\(command) --json")
    let json = try #require(try outcome.json() as? [String: Any])
    #expect(json["accuracy"] as? Double == 0.9)
    #expect(json["count"] as? Int == 20)
    // 18 images at log(1 + 9 e^-8), 2 at 8 more.
    let loss = try #require(json["loss"] as? Double)
    #expect(abs(loss - (0.8 + log(1 + 9 * exp(-8.0)))) < 1e-6)
    #expect(json["seconds"] is Double)
    // Wilson's interval of 18 in 20.
    let interval = try #require(json["accuracy_interval"] as? [Double])
    #expect(zip(interval, [0.6989663547715126, 0.9721335187862319]).allSatisfy { abs($0 - $1) < 1e-9 })
    let nll = try #require(json["nll"] as? Double)
    #expect(abs(nll - (0.8 + log(1 + 9 * exp(-8.0)))) < 1e-9)
    let brier = try #require(json["brier"] as? Double)
    let ece = try #require(json["ece"] as? Double)
    // All are sure by p = 1 / (1 + 9 e^-8), and two of them wrong.
    let (sure, other) = (1 / (1 + 9 * exp(-8.0)), exp(-8.0) / (1 + 9 * exp(-8.0)))
    let (right, wrong) = (
      (1 - sure) * (1 - sure) + 9 * other * other, sure * sure + (1 - other) * (1 - other) + 8 * other * other
    )
    #expect(abs(brier - (18 * right + 2 * wrong) / 20) < 1e-9 && abs(ece - (sure - 0.9)) < 1e-9)
    #expect(json["balanced_accuracy"] as? Double == 0.9 && json["known_wrong_labels"] == nil)
    let confusion = try #require(json["confusion"] as? [[Int]])
    for label in 0..<10 {
      #expect(confusion[label].reduce(0, +) == 2)
      #expect(confusion[label][label] == (label == 3 || label == 4 ? 1 : 2))
    }
    let classes = try #require(json["per_class"] as? [[String: Any]])
    #expect(classes.map { $0["class"] as? String } == (0..<10).map { "\($0)" })
    #expect(classes[4]["precision"] as? Double == 0.5 && classes[4]["recall"] as? Double == 0.5)
    #expect(classes[5]["f1"] as? Double == 0.8 && classes[5]["count"] as? Int == 2)
  }

  @Test func samplesAreRandomAndRepeatable() throws {
    let sandbox = try sandbox()
    func confusion(_ seed: Int) throws -> NSArray? {
      let json = try sandbox.run("\(command) --split train --sample 20 --seed \(seed) --json").json()
      return (json as? [String: Any])?["confusion"] as? NSArray
    }
    let first = try #require(try confusion(1))
    #expect(try confusion(1) == first)
    #expect(try confusion(2) != first)
  }

  @Test func faultsAreAsRecorded() throws {
    let sandbox = try sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    let model = Array(try sandbox.read("runs/tiny/model.ckpt"))
    try sandbox.write(Array(model.prefix(model.count / 2)), to: "cut.ckpt")
    try sandbox.write(Array(model.prefix(4)), to: "stub.ckpt")
    var flipped = model
    flipped[model.count - 100] ^= 1
    try sandbox.write(flipped, to: "flipped.ckpt")
    try sandbox.write(Array("PK\u{3}\u{4}\u{14}\0\0\0\u{8}\0".utf8), to: "model.pt")
    var snapshot = Snapshot(sandbox)
    for options in [
      "", "runs/nosuch", "nothing", "lenet", "tiny.json", "runs", "stub.ckpt", "model.pt",
      "pixels.safetensors",
      "pixels.safetensors --config tiny.json", "runs/tiny --split all", "runs/tiny --limit 0",
      "runs/tiny --limit 3 --sample 3", "runs/tiny --seed 3", "runs/tiny --sample 101",
      "runs/tiny --min-accuracy 95", "runs/tiny --data nosuch",
      "pixels.safetensors --config pixels.json --data digits --split validation",
    ] {
      try snapshot.run("eval \(options)")
    }
    try snapshot.expect("eval-faults")
    for damaged in ["cut.ckpt", "flipped.ckpt"] {
      let outcome = try sandbox.run("eval \(damaged)")
      #expect(outcome.status == 65 && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("\(damaged): byte ") && outcome.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test func aModelOfSyntheticDigitsIsEvaluatedOnThem() throws {
    let sandbox = try sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    let environment = ["CNN_DATA_DIR": "\(sandbox.folder)/digits"]
    let own = try sandbox.run("eval runs/tiny", environment: environment)
    #expect(
      own.lines.first
        == "runs/tiny/model.ckpt on the test images of builtin (synthetic digits)")
    let other = try sandbox.run("eval runs/tiny --data digits", environment: environment)
    #expect(other.lines.first == "runs/tiny/model.ckpt on the test images of digits (digits)")
  }
}
