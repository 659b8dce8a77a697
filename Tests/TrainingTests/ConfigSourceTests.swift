import ConfigDecoding
import Foundation
import Testing
import TestSupport
import Training

@Suite struct ConfigSourceTests {
  private static let folder = repository + "/configs"

  @Test("Exactly the files of configs/ are built in, byte for byte")
  func shippedAreTheFiles() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
    #expect(ConfigSource.shipped.map { "\($0.name).json" }.sorted() == files)
    for (name, text) in ConfigSource.shipped {
      #expect(try contents("\(Self.folder)/\(name).json") == text)
    }
  }

  @Test(
    "Every config has the parameters and maps of its document",
    arguments: [
      ("lenet", 61_706, "6x28x28 6x14x14 16x10x10 16x5x5 400 120 84 10"),
      ("lenet-augmented", 61_706, "6x28x28 6x14x14 16x10x10 16x5x5 400 120 84 10"),
      ("fashion", 61_706, "6x28x28 6x14x14 16x10x10 16x5x5 400 120 84 10"),
      ("torch-lenet", 19_670, "6x24x24 6x12x12 16x8x8 16x4x4 256 64 10"),
      ("keras-lenet", 27_598, "6x28x28 6x14x14 6x14x14 6x7x7 6x7x7 294 84 10"),
      ("simple-convnet", 433_890, "30x24x24 30x12x12 4320 100 10"),
      ("tf-convnet", 1_378_698, "32x28x28 32x14x14 64x14x14 64x7x7 128x7x7 128x4x4 2048 625 10"),
      ("mlp-regularized", 50_890, "784 64 10"),
      (
        "rgb-vgg", 204_570,
        "16x32x32 16x32x32 16x16x16 32x16x16 32x16x16 32x8x8 64x8x8 64x8x8 64x4x4 1024 128 10"
      ),
    ])
  func systems(name: String, parameters: Int, shapes: String) throws {
    let config = try ExperimentConfig(ConfigSource.json("\(Self.folder)/\(name).json"))
    #expect(config.name == name)
    #expect(config.model.parameterCount == parameters)
    let changing = config.model.layers.filter {
      !["relu", "dropout", "softmax", "log_softmax"].contains($0.type)
    }
    #expect(changing.map(\.output.description).joined(separator: " ") == shapes)
  }

  @Test("A built-in config is found by its name, with or without .json, unless a file of that name exists")
  func names() throws {
    #expect(try ConfigSource.json("lenet") == ConfigSource.json("lenet.json"))
    #expect(try ConfigSource.json("lenet")["name"]?.string == "lenet")
    try withTemporaryFolder { folder in
      try write(Array("{\n \"seed\": }".utf8), "\(folder)/lenet.json")
      #expect(
        message(in: folder) { _ = try ConfigSource.json("\(folder)/lenet.json") }.hasPrefix(
          "DIR/lenet.json:2:"))
    }
  }

  @Test("A missing config is named, with a suggestion")
  func missing() {
    #expect(
      message { _ = try ConfigSource.json("lenett") }
        == "lenett: No such file or directory; did you mean \"lenet\"?")
    #expect(
      message { _ = try ConfigSource.json("alexandria.json") }
        == "alexandria.json: No such file or directory; built-in configs are lenet, lenet-augmented, "
        + "torch-lenet, keras-lenet, simple-convnet, tf-convnet, mlp-regularized, rgb-vgg, two-heads, resnet, fashion"
    )
    #expect(
      message { _ = try ConfigSource.json("/nowhere/lenet") } == "/nowhere/lenet: No such file or directory")
  }

  @Test("A file that is too long, or not text")
  func unusable() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.json"
      try write([UInt8](repeating: 0x20, count: (1 << 20) + 1), path)
      #expect(
        message(in: folder) { _ = try ConfigSource.json(path) }
          == "DIR/a.json: byte 1048576: 1 byte after the end of a config of at most 1 MiB")
      try write([0xFF, 0xFE, 0x00], path)
      #expect(message(in: folder) { _ = try ConfigSource.json(path) }.hasPrefix("DIR/a.json:1:1"))
      #expect(
        message(in: folder) { _ = try ConfigSource.json(folder) } == "DIR: this is a folder, not a file")
    }
  }

  private func load(
    flags: [(path: String, value: JSON, flag: String)] = [], settings: [String] = []
  ) throws -> ExperimentConfig {
    try ConfigSource.load(ConfigSource.json("lenet"), flags: flags, settings: settings)
  }

  @Test("Flags and --set change the config, the later ones last, and are in the resolved config")
  func changes() throws {
    let config = try load(
      flags: [("train.epochs", 3, "--epochs 3"), ("optimizer.lr", 0.5, "--lr 0.5")],
      settings: [
        "seed=7", "train.epochs=4", "model.layers[0].filters=8", "name=other",
        "train.early_stop.patience=2", "model.layers.1={\"type\":\"tanh\"}",
      ])
    #expect(config.train.epochs == 4 && config.optimizer.learningRate == 0.5)
    #expect(config.seed == 7 && config.name == "other" && config.train.earlyStop?.patience == 2)
    #expect(config.model.layers[0].output.channels == 8 && config.model.layers[1].type == "tanh")
    #expect(config.resolved["train"]?["epochs"]?.integer == 4)
    #expect(config.resolved["model"]?["layers"]?.array?[0]["filters"]?.integer == 8)
  }

  @Test(
    "A flag changes a key of an optimizer that is only named, or left out", arguments: ["\"sgd\"", "null"])
  func optimizerByName(optimizer: String) throws {
    let model = #""model": { "layers": ["flatten", { "type": "dense", "units": 10 }] }"#
    var json = try Small.json("{ \(model), \"optimizer\": \(optimizer) }")
    if optimizer == "null" { json["optimizer"] = nil }
    let config = try ConfigSource.load(
      json, flags: [("optimizer.lr", 0.5, "--lr 0.5")], settings: ["optimizer.weight_decay=0.25"])
    #expect(config.optimizer.type == (optimizer == "null" ? "adam" : "sgd"))
    #expect(config.optimizer.learningRate == 0.5)
    #expect(config.resolved["optimizer"]?["weight_decay"]?.number == 0.25)
  }

  @Test("An error in a flag names the flag")
  func faultyFlags() {
    #expect(
      message { _ = try load(flags: [("train.epochs", 0, "--epochs 0")]) }
        == "--epochs 0: train.epochs: must be an integer from 1 to 1000000, not 0")
    #expect(
      message { _ = try load(settings: ["train.epoch=3", "seed=x"]) }
        == """
        --set seed=x: seed: must be an integer, not "x"
        --set train.epoch=3: train.epoch: unknown key; did you mean "epochs"?
        """)
    #expect(
      message { _ = try load(settings: ["epochs", "model.layers[99].units=1"]) }
        == """
        --set epochs: expected key.path=value, as in train.epochs=3
        --set model.layers[99].units=1: model.layers: has 12 elements, numbered from 0; there is no [99]
        """)
  }

  @Test("A flag that contradicts the file names the line in the file")
  func flagThatBreaksTheFile() {
    #expect(
      message { _ = try load(settings: ["model.input=[1,4,4]"]) }.hasPrefix(
        "lenet.json:12:7: model.layers[3] (conv2): "))
  }
}
