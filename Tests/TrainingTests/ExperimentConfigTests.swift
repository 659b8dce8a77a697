import CNNEngine
import ConfigDecoding
import Foundation
import JSONText
import Testing
import TestSupport
import Training

/// What the user reads when a config is wrong.
private func faults(_ text: String) -> [String] {
  message { _ = try Small.parse(text) }.split(separator: "\n").map(String.init)
}

@Suite struct ExperimentConfigTests {
  /// The example a user starts from: every section, with regularisers, early stopping and a fresh split.
  static let example = """
    {
      "version": 1, "name": "lenet", "seed": 42,
      "data": { "dataset": "mnist", "dir": "data/mnist",
                "resplit": { "train": 50000, "test": 500 },
                "validation": { "from": "train", "count": 5000 },
                "normalize": { "scale": 255, "mean": [0.1307], "std": [0.3081] } },
      "model": { "input": [1, 28, 28], "layers": [
        { "type": "conv2d", "name": "conv1", "filters": 6, "kernel": 5, "stride": 1, "padding": "same", "bias": true, "init": "he_normal" },
        { "type": "relu" }, { "type": "max_pool2d", "kernel": 2, "stride": 2 }, { "type": "dropout", "rate": 0.2 },
        { "type": "flatten" }, { "type": "dense", "name": "fc1", "units": 120, "l2": 0.01, "activity_l1": 0.0, "max_norm": 3 },
        { "type": "relu" }, { "type": "dense", "name": "fc2", "units": 10 } ] },
      "loss": { "type": "cross_entropy" },
      "optimizer": { "type": "adam", "lr": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0 },
      "train": { "epochs": 10, "batch_size": 128, "shuffle": true, "drop_last": false, "log_every_epochs": 1,
                 "early_stop": { "monitor": "val_loss", "patience": 3 } }
    }
    """

  @Test("The example is decoded completely")
  func exampleLoads() throws {
    let config = try Small.parse(Self.example)
    #expect(config.name == "lenet" && config.seed == 42)
    #expect(config.data.directory == "data/mnist")
    #expect(config.data.resplit?.train == 50_000 && config.data.resplit?.test == 500)
    #expect(config.data.validation?.from == .train && config.data.validation?.count == 5000)
    let parameters: [String] = config.model.parameters.map { "\($0.name) \($0.shape)" }
    #expect(
      parameters == [
        "conv1.weight [6, 1, 5, 5]", "conv1.bias [6]", "fc1.weight [120, 1176]", "fc1.bias [120]",
        "fc2.weight [10, 120]", "fc2.bias [10]",
      ])
    #expect(config.optimizer.type == "adam" && config.optimizer.learningRate == 0.001)
    #expect(config.train.epochs == 10 && config.train.batchSize == 128 && config.train.shuffle)
    #expect(!config.train.dropLast && config.train.logEveryEpochs == 1)
    #expect(config.train.earlyStop?.monitor == .validationLoss && config.train.earlyStop?.patience == 3)
  }

  @Test("A config with only layers has defaults for all other keys")
  func defaults() throws {
    let config = try Small.parse(#"{ "model": { "layers": ["flatten", { "type": "dense", "units": 10 }] } }"#)
    #expect(config.name == "experiment" && config.seed == 42 && config.model.input == Shape([1, 28, 28]))
    #expect(config.data.source == .mnist && config.data.validation == nil && config.data.resplit == nil)
    #expect(config.train.epochs == 10 && config.train.batchSize == 128 && config.train.shuffle)
    #expect(config.optimizer.type == "adam" && config.train.earlyStop == nil && config.train.monitor == nil)
  }

  @Test(
    "A resolved config has every key, and resolves to itself", arguments: ConfigSource.shipped.map(\.name))
  func resolvedLoadsToItself(name: String) throws {
    let config = try ExperimentConfig(ConfigSource.json(name))
    let again = try Small.parse(config.resolved.text())
    #expect(again.resolved == config.resolved)
    #expect(again.model.parameterCount == config.model.parameterCount)
    #expect(config.resolved["train"]?["drop_last"]?.bool != nil)
    #expect(config.resolved["optimizer"]?["flavor"]?.string != nil)
  }

  @Test("All errors are reported at once, in the order of their lines")
  func allFaults() {
    let text = """
      {
        "name": "a b",
        "seed": -1,
        "data": { "dataset": "cifar", "builtin": { "train": 0 } },
        "model": { "layers": [
          { "type": "conv2d", "filters": 0, "kernel": 5 },
          { "type": "dense", "unit": 10 }
        ] },
        "loss": "hinge",
        "optimizer": { "type": "sgd", "lr": -1, "nesterov": true },
        "train": { "epoch": 3, "batch_size": 1.5, "shuffle": "yes", "early_stop": { "patience": -1 } }
      }
      """
    #expect(
      faults(text) == [
        "test.json:2:11: name: must be a name of letters, digits, - and _, not \"a b\"",
        "test.json:3:11: seed: must be an integer from 0 to 18446744073709551615, not -1",
        "test.json:4:24: data.dataset: must be one of \"mnist\", \"fashion\", \"builtin\", not \"cifar\"",
        "test.json:4:55: data.builtin.train: must be an integer from 1 to 1000000, not 0",
        "test.json:6:36: model.layers[0].filters: must be an integer from 1 to 65536, not 0",
        "test.json:7:5: model.layers[1].units: is required",
        "test.json:7:24: model.layers[1].unit: unknown key; did you mean \"units\"?",
        "test.json:9:11: loss: must be one of \"cross_entropy\", \"nll\", \"mse\", not \"hinge\"",
        "test.json:10:39: optimizer.lr: must be a number from 0 to 1000000, not -1",
        "test.json:10:55: optimizer.nesterov: needs a momentum above 0",
        "test.json:11:14: train.epoch: unknown key; did you mean \"epochs\"?",
        "test.json:11:40: train.batch_size: must be an integer from 1 to 65536, not 1.5",
        "test.json:11:56: train.shuffle: must be true or false, not \"yes\"",
        "test.json:11:77: train.early_stop.monitor: val_loss needs a data.validation",
        "test.json:11:91: train.early_stop.patience: must be an integer from 0 to 1000000, not -1",
      ])
  }

  @Test("A duplicate key, an unknown section, a config without a model")
  func keys() {
    let model = #""model": { "layers": ["flatten", { "type": "dense", "units": 10 }] }"#
    #expect(
      faults("{ \"seed\": 1,\n  \"seed\": 2, \(model) }")
        == ["test.json:2:3: seed: duplicate key; first given at test.json:1:3"])
    #expect(
      faults("{ \(model), \"epochs\": 3 }")
        == ["test.json:1:73: epochs: unknown key; did you mean \"train.epochs\"?"])
    #expect(faults("{ }") == ["test.json:1:1: model: is required"])
    #expect(faults("[]") == ["test.json:1:1: must be an object in { }, not []"])
  }

  @Test("Values that are not finite, or not numbers")
  func numbers() {
    func fault(_ lr: String) -> [String] {
      faults(
        """
        { "model": { "layers": ["flatten", { "type": "dense", "units": 10 }] },
          "optimizer": { "type": "sgd", "lr": \(lr) } }
        """)
    }
    #expect(fault("1e999").count == 1 && fault("NaN").count == 1 && fault("Infinity").count == 1)
    #expect(
      fault("\"0.1\"") == ["test.json:2:39: optimizer.lr: must be a number, not \"0.1\""])
    #expect(fault("null").count == 1)
    #expect(fault("0.1") == ["no error"])
  }

  @Test("A validation metric needs a validation set")
  func monitorsNeedValidation() {
    let text = """
      { "model": { "layers": ["flatten", { "type": "dense", "units": 10 }] },
        "train": {
          "monitor": "val_accuracy",
          "early_stop": { "patience": 3 } } }
      """
    #expect(
      faults(text) == [
        "test.json:3:16: train.monitor: val_accuracy needs a data.validation",
        "test.json:4:19: train.early_stop.monitor: val_loss needs a data.validation",
      ])
  }

  @Test("Winograd's algorithm can be switched off", arguments: [true, false])
  func engineIsRead(winograd: Bool) throws {
    let json: JSON = [
      "model": ["layers": ["flatten", ["type": "dense", "units": 10]]],
      "engine": ["winograd": JSON(winograd)],
    ]
    let config = try ExperimentConfig(json)
    #expect(config.model.usesWinograd == winograd)
    #expect(config.resolved["engine"]?["winograd"] == JSON(winograd))
  }

  @Test("Mean and std have one value, or one per channel")
  func channels() {
    func fault(_ input: String, _ mean: String) -> [String] {
      faults(
        """
        { "data": { "normalize": { "mean": \(mean) } },
          "model": { "input": \(input), "layers": ["flatten", { "type": "dense", "units": 10 }] } }
        """)
    }
    #expect(
      fault("[3, 8, 8]", "[0.5, 0.5]") == [
        "test.json:1:36: data.normalize.mean: has 2 values; it takes one, or one for each of 3 channels"
      ])
    #expect(fault("[3, 8, 8]", "[0.5, 0.4, 0.3]") == ["no error"])
    #expect(fault("[3, 8, 8]", "[0.5]") == ["no error"])
    #expect(fault("[3, 8]", "[0.5, 0.4]").count == 1, "only the error of the input is reported")
  }

  @Test("A batch with too many activations is refused")
  func batches() {
    func fault(_ batch: Int, layers: String = "") -> [String] {
      faults(
        """
        { "model": { "input": [1, 4096, 4096], "layers": [ \(layers) \(Small.linear) ] },
          "train": { "batch_size": \(batch) } }
        """)
    }
    #expect(
      fault(4096) == [
        "test.json:2:28: train.batch_size: 4,096 images of 33,554,442 activations each are more than "
          + "the 2,147,483,648 a batch may have"
      ])
    #expect(fault(48) == ["no error"])
    // One image takes the memory of a whole block.
    #expect(
      fault(1, layers: String(repeating: "\"relu\",", count: 40)).first?.contains("a batch may") == true)
  }

  @Test("Sizes whose product overflows are an error of their layer")
  func overflow() {
    let said = faults(
      """
      { "model": { "input": [65536, 65536, 65536], "layers": [
        "flatten",
        { "type": "dense", "units": 1000000 } ] } }
      """)
    #expect(said.first?.hasPrefix("test.json:2:3: model.layers[0] (flatten1): ") == true)
  }

  @Test("The schema accepts every config and the example, and no misspelt key")
  func schema() throws {
    let schema = ExperimentConfig.schema
    #expect(schema["title"]?.string == "cnn experiment")
    for (name, text) in ConfigSource.shipped + [("example", Array(Self.example.utf8))] {
      let json = try JSON(parsing: text, origin: name)
      #expect(SchemaCheck.faults(of: json, schema) == [])
      let resolved = try ExperimentConfig(json).resolved
      #expect(SchemaCheck.faults(of: resolved, schema) == [])
    }
    var misspelt = try Small.json(Self.example)
    misspelt["trian"] = misspelt["train"]
    #expect(SchemaCheck.faults(of: misspelt, schema) == ["trian: not in the schema"])
    let wrong = try Small.json(Self.example.replacing(#""batch_size": 128"#, with: #""batch_size": 0"#))
    #expect(SchemaCheck.faults(of: wrong, schema) == ["train.batch_size: below 1"])
  }
}

/// As much of JSON Schema as a config needs.
private enum SchemaCheck {
  static func faults(of json: JSON, _ schema: JSON, at path: String = "") -> [String] {
    var faults: [String] = []
    func report(_ text: String) { faults.append("\(path): \(text)") }
    if let types = schema["type"],
      !(types.array ?? [types]).contains(where: { isType(json, $0.string ?? "") })
    {
      report("not of type \(types)")
      return faults
    }
    if let constant = schema["const"], constant != json { report("not \(constant)") }
    if let choices = schema["enum"]?.array, !choices.contains(json) { report("not one of \(choices)") }
    if let number = json.number {
      if let least = schema["minimum"]?.number, number < least {
        report("below \(schema["minimum"] ?? .null)")
      }
      if let most = schema["maximum"]?.number, number > most { report("above \(schema["maximum"] ?? .null)") }
      if let least = schema["exclusiveMinimum"]?.number, number <= least { report("not above \(least)") }
    }
    if let members = json.members {
      for required in schema["required"]?.array ?? [] where json[required.string ?? ""] == nil {
        report("lacks \(required)")
      }
      for member in members {
        let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
        if let property = schema["properties"]?[member.key] {
          faults += Self.faults(of: member.value, property, at: inner)
        } else if schema["additionalProperties"]?.bool == false {
          faults.append("\(inner): not in the schema")
        }
      }
    }
    for (index, element) in (json.array ?? []).enumerated() {
      if let items = schema["items"] { faults += Self.faults(of: element, items, at: "\(path)[\(index)]") }
    }
    if let choices = schema["oneOf"]?.array {
      let matching = choices.count { Self.faults(of: json, $0, at: path).isEmpty }
      if matching != 1 { report("matches \(matching) of the choices") }
    }
    if let choices = schema["anyOf"]?.array, !choices.contains(where: { Self.faults(of: json, $0).isEmpty }) {
      report("matches no choice")
    }
    return faults
  }

  private static func isType(_ json: JSON, _ type: String) -> Bool {
    switch type {
    case "object": json.members != nil
    case "array": json.array != nil
    case "string": json.string != nil
    case "boolean": json.bool != nil
    case "integer": json.integer != nil || json.unsigned != nil
    case "number": json.number != nil
    case "null": json.isNull
    default: false
    }
  }
}
