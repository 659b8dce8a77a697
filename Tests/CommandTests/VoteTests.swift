import Foundation
import Testing

struct VoteTests {
  /// Runs that change no weight: `runs/good` is wrong on 2 of 20 test images, `runs/blind` also on the 2 of class 2.
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.writePixelsModel()
    try sandbox.writeDataset(to: "digits")
    try sandbox.write(Samples.pixelsWeights(blindTo: 2), to: "blind.safetensors")
    for (folder, weights) in [("good", "pixels"), ("blind", "blind")] {
      let outcome = try sandbox.run(
        "train --config pixels.json --init \(weights).safetensors --epochs 1 --lr 1e-30 --quiet --threads 1 "
          + "--data digits --output runs/\(folder)")
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    return sandbox
  }

  @Test func textsAreAsRecorded() throws {
    let sandbox = try sandbox()
    try sandbox.trainTiny("--quiet --epochs 1")
    var snapshot = Snapshot(sandbox)
    for command in [
      "eval runs/good runs/blind --limit 4", "eval runs/good runs/blind --vote --limit 4",
      "eval runs/good runs/blind --min-accuracy 0.7 --limit 4",
      "eval runs/good --tta 5 --limit 4", "eval runs/good --tta 3", "eval runs/good runs/tiny --vote",
      "eval runs/good runs/blind --save-predictions all.csv",
      "predict runs/good runs/blind test@2..3 --vote", "predict runs/good runs/blind test@2",
      "predict runs/good runs/blind --vote", "predict runs/good test@2 --tta 9",
      "serve runs/good runs/blind", "export runs/good runs/blind --format onnx",
      "export runs/good runs/blind --vote --format npz --output vote.npz",
      "export runs/good runs/blind --vote --format onnx",
      "export runs/good runs/blind --vote --tta 5 --format onnx --output vote.onnx",
      "eval runs/good runs/blind --suspects --count 4 --output suspects",
      "eval runs/good --suspects --split train", "eval runs/good --suspects --limit 3",
      "eval runs/good --count 3", "eval runs/good --suspects --count 0",
    ] {
      try snapshot.run(command)
    }
    try snapshot.expect("vote")
    #expect(
      try sandbox.lines(of: "suspects/suspects.csv").first
        == "rank,image,label,prediction,label_probability,prediction_probability,confident_learning")
    #expect(try sandbox.lines(of: "suspects/suspects.csv").count == 5)
    #expect(sandbox.has("suspects/suspects.png") && sandbox.has("vote.onnx"))
  }

  @Test func jsonIsAnArrayOfNetworksThatDoNotVote() throws {
    let sandbox = try sandbox()
    let each = try #require(
      try sandbox.run("eval runs/good runs/blind --json").json() as? [[String: Any]])
    #expect(each.map { $0["accuracy"] as? Double } == [0.9, 0.8])
    #expect(each.map { $0["path"] as? String } == ["runs/good/model.ckpt", "runs/blind/model.ckpt"])
    let together = try sandbox.run("eval runs/good runs/blind --vote --json")
    let vote = try #require((try together.json() as? [String: Any])?["vote"] as? [String: Any])
    let networks = try #require(vote["networks"] as? [[String: Any]])
    #expect(networks.map { $0["accuracy"] as? Double } == [0.9, 0.8])
    #expect((vote["mean"] as? [String: Any])?["gain_interval"] is [Double])
    let suspects = try #require(
      try sandbox.run("eval runs/good runs/blind --suspects --json").json() as? [String: Any])
    let first = try #require((suspects["suspects"] as? [[String: Any]])?.first)
    // The images 3 and 14 show the class after their label.
    #expect(first["image"] as? String == "test@3" && first["prediction"] as? String == "4")
    #expect(suspects["count"] as? Int == 20)
  }
}
