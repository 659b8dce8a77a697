import CNNEngine
import Foundation
import Testing

struct SummaryTests {
  /// Every shipped config with the number of its parameters.
  static let parameters = [
    ("lenet", 61_706), ("lenet-augmented", 61_706), ("torch-lenet", 19_670), ("keras-lenet", 27_598),
    ("simple-convnet", 433_890),
    ("tf-convnet", 1_378_698), ("mlp-regularized", 50_890), ("rgb-vgg", 204_570),
  ]

  @Test func tablesAreAsRecorded() throws {
    var snapshot = Snapshot(try Sandbox())
    for (config, _) in Self.parameters { try snapshot.run("summary \(config)") }
    try snapshot.run("summary tf-convnet --batch-size 128")
    try snapshot.run("summary --batch-size 0")
    try snapshot.expect("summary")
  }

  @Test(arguments: parameters)
  func tablesFit80ColumnsAndCountExactly(config: String, parameters: Int) throws {
    let sandbox = try Sandbox()
    for options in ["", " --batch-size 256"] {
      let summary = try sandbox.run("summary \(config)\(options)")
      #expect(summary.lines.filter { $0.count > 80 } == [])
    }
    let json = try #require(try sandbox.run("summary \(config) --json").json() as? [String: Any])
    #expect(json["parameters"] as? Int == parameters)
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["parameters"] as? Int }.reduce(0, +) == parameters)
    #expect(layers.compactMap { $0["flops"] as? Int }.reduce(0, +) == json["flops"] as? Int)
    for layer in layers {
      #expect(layer["name"] is String && layer["type"] is String)
      #expect(layer["input_shape"] is [Int] && layer["output_shape"] is [Int])
    }
  }

  /// A window of 16 million taps at each of 9 million places.
  @Test func countsTooLargeForABatchAreAFaultOfUsage() throws {
    let sandbox = try Sandbox()
    let layer = #"{ "type": "conv2d", "filters": 1, "kernel": 4001, "padding": 2000 }"#
    let model = #"{ "input": [1, 3000, 3000], "layers": [\#(layer)] }"#
    try sandbox.write(#"{ "model": \#(model), "train": { "batch_size": 1 } }"#, to: "huge.json")
    let outcome = try sandbox.run("summary huge.json --batch-size 65536")
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("--batch-size 65536: 144,"))
  }

  @Test func withoutAnArgumentItShowsLenet() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("summary").output == sandbox.run("summary lenet.json").output)
  }

  @Test func readsFilesCheckpointsAndRunFolders() throws {
    let sandbox = try Sandbox()
    try sandbox.trainTiny("--quiet")
    let table = try sandbox.run("summary tiny.json")
    #expect(table.lines.first == "tiny, input 1x28x28")
    for model in [
      "runs/tiny", "runs/tiny/config.json", "runs/tiny/model.ckpt", "runs/tiny/checkpoints/last.ckpt",
    ] {
      #expect(try sandbox.run("summary \(model)").output == table.output)
    }
    try sandbox.writePixelsModel()
    let bare = try sandbox.run("summary pixels.safetensors --config pixels.json")
    #expect(bare.lines.first == "pixels, input 1x28x28")
  }
}
