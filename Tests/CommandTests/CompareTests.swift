import Foundation
import Testing

struct CompareTests {
  /// Runs that change no weight, so that every number is known: `runs/good` is wrong on 2 of 20 images, `runs/blind` on
  /// these and the 2 of class 2; `first` and `second` are groups of three seeds.
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    try sandbox.writeDataset(to: "digits")
    try sandbox.write(Samples.pixelsWeights(blindTo: 2), to: "blind.safetensors")
    try train(sandbox, "runs/good")
    try train(sandbox, "runs/blind", "blind")
    return sandbox
  }

  private func train(
    _ sandbox: Sandbox, _ folder: String, _ weights: String = "pixels", _ options: String = "--data digits"
  ) throws {
    let outcome = try sandbox.run(
      "train --config pixels.json --init \(weights).safetensors --epochs 1 --lr 1e-30 --quiet --threads 1 "
        + "--output \(folder) \(options)")
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func textsAreAsRecorded() throws {
    let sandbox = try sandbox()
    for seed in 1...3 {
      try train(sandbox, "first/\(seed)", seed == 3 ? "blind" : "pixels", "--data digits --seed \(seed)")
      try train(sandbox, "second/\(seed)", "blind", "--data digits --seed \(seed)")
    }
    try train(sandbox, "first/wide", "pixels", "--data digits --seed 1 --batch-size 7")
    try sandbox.write("{}", to: "first/begun/config.json")
    try sandbox.writeDataset(
      to: "others", ["t10k-labels-idx1-ubyte": Samples.labels((0..<20).map { 9 - $0 % 10 })])
    try train(sandbox, "runs/others", "pixels", "--data others")
    try sandbox.write("", to: "empty/nothing")
    var snapshot = Snapshot(sandbox)
    for arguments in [
      "runs/good runs/blind", "runs/good runs/good/model.ckpt", "runs/good runs/blind --metric nll",
      "second first", "runs", "first/1 second/1 first/2", "second runs/good",
      "runs/good", "second", "runs/good runs/others", "runs/good nothing", "runs/good empty",
      "runs/good pixels.json",
      "runs/good runs/blind --difference 0", "runs/good runs/blind --metric f1", "",
    ] {
      try snapshot.run("compare \(arguments)")
    }
    try snapshot.expect("compare")
  }

  @Test func jsonHasEveryNumber() throws {
    let outcome = try sandbox().run("compare runs/good runs/blind --json")
    let json = try #require(try outcome.json() as? [String: Any])
    let models = try #require(json["models"] as? [[String: Any]])
    #expect(models.map { $0["mean"] as? Double } == [0.9, 0.8])
    let pair = try #require((json["pairs"] as? [[String: Any]])?.first)
    #expect(pair["a"] as? String == "runs/good" && pair["b"] as? String == "runs/blind")
    #expect(pair["only_a_wrong"] as? Int == 0 && pair["only_b_wrong"] as? Int == 2)
    #expect(pair["mcnemar_p"] as? Double == 0.5 && pair["paired_t_p"] is NSNull)
    #expect(pair["shows_difference"] as? Bool == false)
    #expect(outcome.errors.isEmpty)
  }
}
