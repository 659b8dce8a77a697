import ConfigDecoding
import JSONText
import Testing

/// A small experiment, read the way the real one is.
private struct Experiment {
  var seed: UInt64
  var layers: [Layer]
  var optimizer: UpdateRule
  var train: Train

  init(decoding decoder: ConfigDecoder) {
    seed = decoder.value("seed", .unsigned(), default: 42, "Everything random follows from it.")
    layers = decoder.value("layers", .list(of: .variant(Layer.variants), count: .atLeast(1)), "In order.")
    optimizer = decoder.value(
      "optimizer", .variant(UpdateRule.variants, allowsName: true), default: "adam", "How to step.")
    train = decoder.value("train", .object(Train.init(decoding:)), default: [:], "The training.")
  }
}

private enum Layer: Equatable {
  case relu
  case conv(filters: Int, kernel: [Int], location: ConfigLocation, path: String)

  static let variants = [
    Variant("relu", "max(x, 0)") { _ in Layer.relu },
    Variant("conv2d", "A convolution.") { decoder in
      let kernel = decoder.value("kernel", .pair(.atLeast(1)), default: 3, "")
      return .conv(
        filters: decoder.value("filters", .integer(.within(1...4096)), "Output channels."),
        kernel: [kernel.0, kernel.1], location: decoder.location, path: decoder.path)
    },
  ]
}

private enum UpdateRule: Equatable {
  case sgd(momentum: Double)
  case adam

  static let variants = [
    Variant("sgd", "Gradient descent.") { decoder in
      UpdateRule.sgd(momentum: decoder.value("momentum", .number(.within(0..<1)), default: 0, "Inertia."))
    },
    Variant("adam", "Adam.") { _ in .adam },
  ]
}

private struct Train {
  var epochs: Int
  var maxNorm: Double?
  var earlyStop: Int?

  init(decoding decoder: ConfigDecoder) {
    epochs = decoder.value("epochs", .integer(.atLeast(1)), default: 10, "Passes over the data.")
    maxNorm = decoder.optional("max_norm", .number(.above(0)), "Limit of the gradient's norm.")
    earlyStop = decoder.optional(
      "early_stop", .object { $0.value("patience", .integer(.atLeast(1)), "Epochs to wait.") },
      "When to stop.")
    if let patience = earlyStop, patience > epochs {
      decoder.report("waits longer than the \(epochs) epochs", at: "early_stop")
    }
  }
}

@Suite struct ConfigDecoderTests {
  private let field = ConfigField.object(Experiment.init(decoding:))

  private func lines(_ text: String, settings: [String] = []) throws -> String {
    var json = try JSON(parsing: Array(text.utf8), origin: "x.json")
    let issues = IssueList()
    for setting in settings { json.apply(setting: setting, issues: issues) }
    _ = field.read(json, issues: issues)
    return ConfigError(issues.issues).description
  }

  @Test func readsEveryKey() throws {
    let text = #"""
      {"layers": [{"type": "conv2d", "filters": 6, "kernel": [5, 4]}, {"type": "relu"}],
       "optimizer": {"type": "sgd", "momentum": 0.9}, "seed": 18446744073709551615,
       "train": {"epochs": 3, "max_norm": null, "early_stop": {"patience": 2}}}
      """#
    let config = try field.read(JSON(parsing: Array(text.utf8), origin: "x.json")).value
    let location = ConfigLocation.file("x.json", line: 1, column: 13)
    #expect(
      config.layers == [.conv(filters: 6, kernel: [5, 4], location: location, path: "layers[0]"), .relu])
    #expect(config.optimizer == .sgd(momentum: 0.9) && config.seed == .max)
    #expect(config.train.epochs == 3 && config.train.maxNorm == nil && config.train.earlyStop == 2)
  }

  @Test func defaultsCompleteTheConfig() throws {
    let (config, resolved) = try field.read(["layers": [["filters": 6.0, "type": "conv2d"]]])
    #expect(config.seed == 42 && config.optimizer == .adam && config.train.epochs == 10)
    #expect(
      resolved == [
        "seed": 42, "layers": [["type": "conv2d", "kernel": 3, "filters": 6]], "optimizer": "adam",
        "train": ["epochs": 10, "max_norm": .null, "early_stop": .null],
      ])
    #expect(try field.read(resolved).resolved == resolved)
  }

  @Test func allErrorsAreReportedAtOnce() throws {
    let text = #"""
      {
        "seed": -1,
        "layers": [
          { "type": "conv2d", "filters": 0, "kernel": "5x5", "stride": 1 },
          { "type": "rellu" },
          { "filters": 3 },
          "relu"
        ],
        "optimizer": { "type": "sgd", "momentum": 1, "moment": 1 },
        "train": { "epoch": 3, "max_norm": 0, "early_stop": {} },
        "epochs": 3
      }
      """#
    #expect(
      try lines(text) == #"""
        x.json:2:11: seed: must be an integer from 0 to 18446744073709551615, not -1
        x.json:4:36: layers[0].filters: must be an integer from 1 to 4096, not 0
        x.json:4:49: layers[0].kernel: must be an integer or [height, width], not "5x5"
        x.json:4:56: layers[0].stride: unknown key
        x.json:5:15: layers[1].type: must be one of "relu", "conv2d", not "rellu"; did you mean "relu"?
        x.json:6:5: layers[2].type: is required
        x.json:7:5: layers[3]: must be an object in { }, not "relu"
        x.json:9:45: optimizer.momentum: must be a number of at least 0 and less than 1, not 1
        x.json:9:48: optimizer.moment: unknown key
        x.json:10:14: train.epoch: unknown key; did you mean "epochs"?
        x.json:10:38: train.max_norm: must be a number greater than 0, not 0
        x.json:10:55: train.early_stop.patience: is required
        x.json:11:3: epochs: unknown key; did you mean "train.epochs"?
        """#)
  }

  @Test func missingKeysAndCustomErrorsHaveALocation() throws {
    #expect(try lines("\n{}") == "x.json:2:1: layers: is required")
    let text = #"{"layers": [{"type": "relu"}], "train": {"epochs": 1, "early_stop": {"patience": 2}}}"#
    #expect(try lines(text) == "x.json:1:69: train.early_stop: waits longer than the 1 epochs")
    #expect(try lines("[]") == "x.json:1:1: must be an object in { }, not []")
  }

  @Test func errorsOfFlagsNameTheFlag() throws {
    let settings = ["train.epochs=0", "train.epoch=1", "optimizer=adm"]
    #expect(
      try lines(#"{"layers": [{"type": "relu"}]}"#, settings: settings) == #"""
        --set optimizer=adm: optimizer: must be one of "sgd", "adam", not "adm"; did you mean "adam"?
        --set train.epoch=1: train.epoch: unknown key; did you mean "epochs"?
        --set train.epochs=0: train.epochs: must be an integer of at least 1, not 0
        """#)
  }

  @Test func theSameFunctionGeneratesTheSchema() {
    let schema = field.jsonSchema
    #expect(schema["required"] == ["layers"] && schema["additionalProperties"] == false)
    let properties = schema["properties"]
    #expect(
      properties?["seed"] == [
        "description": "Everything random follows from it.", "type": "integer", "minimum": 0,
        "maximum": JSON(UInt64.max), "default": 42,
      ])
    #expect(
      properties?["layers"]?["items"]?["oneOf"]?.array?.last == [
        "type": "object",
        "properties": [
          "type": ["description": "A convolution.", "const": "conv2d"],
          "kernel": [
            "anyOf": [
              ["type": "integer", "minimum": 1],
              [
                "type": "array", "items": ["type": "integer", "minimum": 1], "minItems": 2, "maxItems": 2,
              ],
            ], "default": 3,
          ],
          "filters": ["description": "Output channels.", "type": "integer", "minimum": 1, "maximum": 4096],
        ],
        "required": ["type", "filters"], "additionalProperties": false,
      ])
    #expect(properties?["optimizer"]?["oneOf"]?.array?.first == ["enum": ["sgd", "adam"]])
    #expect(
      properties?["train"]?["properties"]?["max_norm"] == [
        "description": "Limit of the gradient's norm.", "type": ["number", "null"], "exclusiveMinimum": 0,
        "default": .null,
      ])
  }
}
