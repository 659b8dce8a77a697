import Testing

/// What is wrong in a config is said with its file, line and column, everything at once.
struct ConfigFaultTests {
  @Test func faultsAreAsRecorded() throws {
    let sandbox = try Sandbox()
    var snapshot = Snapshot(sandbox)
    for (name, text) in Self.configs {
      try sandbox.write(text, to: "\(name).json")
      try snapshot.run("train --config \(name).json")
    }
    for config in ["nosuch", "torch-lent", "./lenet.json", "runs", "."] {
      try snapshot.run("train --config \(config)")
    }
    try snapshot.run("summary keras-lnet")
    try snapshot.expect("config-faults")
    #expect(!sandbox.has("runs"))
  }

  @Test func optionsThatChangeTheConfigAreFaultsOfUsage() throws {
    var snapshot = Snapshot(try Sandbox())
    for option in [
      "--epochs 0", "--epochs -1", "--epochs ten", "--batch-size 0", "--lr -0.1", "--lr nan", "--seed -1",
      "--threads 0", "--threads 257", "--set train.epoch=3", "--set train.epochs=many", "--set train.epochs",
      "--set model.layers[99].units=3", "--epochs 0 --batch-size 0", "--set train.epochs --batch-size 0",
      "--find-lr --lr 0.1", "--find-lr --resume runs/tiny",
    ] {
      try snapshot.run("train \(option)")
    }
    try snapshot.expect("train-options")
  }

  @Test(arguments: [#""optimizer": "sgd","#, #""optimizer": { "type": "sgd" },"#, ""])
  func anOptimizerThatIsOnlyNamedCanBeChanged(optimizer: String) throws {
    let sandbox = try Sandbox()
    try sandbox.write(#"{ \#(optimizer) "model": { "layers": ["relu"] } }"#, to: "short.json")
    let printed = try sandbox.run(
      "train --config short.json --lr 0.5 --set optimizer.weight_decay=0.25 --print-config")
    #expect(printed.output.contains(#""lr": 0.5"#) && printed.output.contains(#""weight_decay": 0.25"#))
    #expect(printed.output.contains(optimizer.isEmpty ? #""type": "adam""# : #""type": "sgd""#))
  }

  @Test func optionsChangeTheResolvedConfig() throws {
    let sandbox = try Sandbox()
    let printed = try sandbox.run(
      "train --config lenet --epochs 3 --batch-size 7 --lr 0.5 --seed 9 --set train.shuffle=false --print-config"
    )
    for line in [#""epochs": 3"#, #""batch_size": 7"#, #""lr": 0.5"#, #""seed": 9"#, #""shuffle": false"#] {
      #expect(printed.output.contains(line))
    }
    #expect(printed.status == 0 && !sandbox.has("runs"))
  }

  private static let configs = [
    (
      "faults",
      """
      {
        "version": 2,
        "name": "two words",
        "data": { "dataset": "cifar", "normalise": { "scale": 255 } },
        "model": {
          "layers": [
            { "type": "conv2d", "filter": 6, "kernel": 5 },
            { "type": "maxpool", "kernel": 2 },
            { "type": "dense", "name": "fc", "units": 10.5 }
          ]
        },
        "optimizer": { "type": "adam", "learning_rate": 0.1 },
        "train": { "epoch": 3, "batch_size": "64" },
        "epochs": 3
      }
      """
    ),
    (
      "shapes",
      """
      {
        "name": "shapes",
        "model": {
          "input": [1, 28, 28],
          "layers": [
            { "type": "conv2d", "name": "conv1", "filters": 6, "kernel": 5 },
            { "type": "max_pool2d", "kernel": 6 },
            "relu",
            { "type": "conv2d", "name": "conv2", "filters": 16, "kernel": 5 },
            { "type": "dense", "name": "fc", "units": 10 }
          ]
        }
      }
      """
    ),
    ("pooling", #"{ "model": { "layers": [{ "type": "max_pool2d", "kernel": 3 }, "flatten", "relu"] } }"#),
    (
      "strides", #"{ "model": { "layers": [{ "type": "conv2d", "filters": 2, "kernel": 5, "stride": 2 }] } }"#
    ),
    ("flat", #"{ "model": { "layers": [{ "type": "reshape", "shape": [3, -1] }] } }"#),
    (
      "twins",
      #"{ "model": { "layers": ["flatten", { "type": "relu", "name": "a" }, { "type": "relu", "name": "a" }] } }"#
    ),
    (
      "duplicate",
      """
      {
        "name": "a",
        "name": "b",
        "epochs": 3, "model": { "layers": [] }
      }
      """
    ),
    ("nll", #"{ "model": { "layers": ["flatten", { "type": "dense", "units": 10 }] }, "loss": "nll" }"#),
    (
      "padding",
      #"{ "model": { "layers": [{ "type": "conv2d", "filters": 1, "kernel": 4, "stride": 64, "padding": 4096 }] } }"#
    ),
    (
      "augment",
      """
      {
        "data": {
          "augment": [
            "rotat",
            { "type": "rotate", "degrees": 200 },
            { "type": "rotate", "degrees": [10, -10] },
            { "type": "shift", "range": [1, 2, 3] },
            { "type": "scale", "range": "10 %" },
            { "type": "shear", "angle": 5 },
            { "type": "elastic", "sigma": 0 },
            { "type": "erase", "size": 0.1, "probability": 1.5 },
            { "type": "noise", "std": -1 }
          ]
        },
        "model": { "layers": ["flatten", { "type": "dense", "units": 10 }] }
      }
      """
    ),
    ("cut", #"{ "model": { "layers": ["relu""#),
    ("nothing", ""),
    ("page", "<!DOCTYPE html>\n<html></html>\n"),
    (
      "classes",
      #"{ "data": { "dataset": "builtin" }, "model": { "layers": ["flatten", { "type": "dense", "units": 5 }] } }"#
    ),
    (
      "size",
      #"{ "data": { "dataset": "builtin" }, "model": { "input": [2, 28, 28], "layers": ["flatten", { "type": "dense", "units": 10 }] } }"#
    ),
  ]
}
