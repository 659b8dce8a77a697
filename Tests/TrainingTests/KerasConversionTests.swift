import ConfigDecoding
import FileIO
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

/// Models of Keras that are written as JSON, with the weights of a fixture: a convolution of 4 filters, a norm, a depthwise
/// convolution, dense layers of 5 and 3 units behind 8x8 maps.
@Suite struct KerasConversionTests {
  private static func parts() throws -> (config: String, weights: [UInt8]) {
    let archive = try ZipArchive(parsing: contents("\(KerasReference.folder)/sequential.keras"), name: "f")
    var parts: [String: [UInt8]] = [:]
    for entry in archive.entries {
      var source = try archive.source(of: entry)
      parts[entry.name] = try source.readAll()
    }
    return (String(decoding: parts["config.json"] ?? [], as: UTF8.self), parts["model.weights.h5"] ?? [])
  }

  private static func network(_ config: String) throws -> KerasNetwork {
    let bytes = Archives.zip([
      .init(name: "config.json", content: Array(config.utf8)),
      .init(name: "model.weights.h5", content: try parts().weights),
    ])
    return try KerasNetwork(KerasFile(parsing: bytes, name: "f"))
  }

  /// A sequence of layers, each a class and its options without braces, behind an input of this shape.
  private static func sequence(
    input: String = "8, 8, 1", _ layers: [(name: String, options: String)], loss: String = "null"
  ) -> String {
    let entries = layers.enumerated().map { index, layer in
      let options = layer.options.isEmpty ? "" : ", " + layer.options
      return #"{"class_name": "\#(layer.name)", "config": {"name": "l\#(index)"\#(options)}}"#
    }
    let first = #"{"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [null, \#(input)]}}"#
    let list = ([first] + entries).joined(separator: ", ")
    return
      #"{"class_name": "Sequential", "config": {"layers": [\#(list)]}, "compile_config": {"loss": \#(loss)}}"#
  }

  private static func layers(_ network: KerasNetwork) -> [JSON] {
    network.config["model"]?["layers"]?.array ?? []
  }

  // MARK: Channels first

  @Test("A model with channels first: Flatten puts them last if it knows, and leaves them otherwise")
  func channelsFirst() throws {
    let original = try Self.parts().config
    let last = try Self.network(original)
    var config = original.replacing("channels_last", with: "channels_first")
      .replacing("\"batch_shape\": [null, 8, 8, 1]", with: "\"batch_shape\": [null, 1, 8, 8]")
      .replacing("\"axis\": -1", with: "\"axis\": 1")
    let first = try Self.network(config)
    #expect(first.config == last.config)
    #expect(
      first.weights.tensors.map { first.weights.floats(of: $0) }
        == last.weights.tensors.map { last.weights.floats(of: $0) })

    // Keras' default for Flatten alone.
    let flatten = try #require(config.firstRange(of: "\"class_name\": \"Flatten\""))
    let format = try #require(config[flatten.upperBound...].firstRange(of: "channels_first"))
    config.replaceSubrange(format, with: "channels_last")
    let plain = try Self.network(config)
    func dense(_ network: KerasNetwork) throws -> [Float] {
      try #require(network.weights["dense.weight"].flatMap { network.weights.floats(of: $0) })
    }
    let (ordered, kept) = (try dense(last), try dense(plain))
    // Feature [channel][pixel] here is [pixel][channel] in Keras: 8 maps of 4x4.
    for unit in 0..<5 {
      for channel in 0..<8 {
        for pixel in 0..<16 {
          #expect(ordered[unit * 128 + channel * 16 + pixel] == kept[unit * 128 + pixel * 8 + channel])
        }
      }
    }
  }

  // MARK: Layers

  @Test("Activations as arguments and as layers")
  func activations() throws {
    let cases: [(options: String, expected: JSON?)] = [
      (#""activation": "linear""#, nil), (#""activation": null"#, nil), (#""activation": "swish""#, "silu"),
      (#""activation": "leaky_relu""#, ["type": "leaky_relu", "slope": 0.2]),
      (
        #""activation": {"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}"#,
        ["type": "leaky_relu", "slope": 0.1]
      ),
      (#""activation": {"class_name": "ReLU", "config": {"max_value": null, "threshold": 0.0}}"#, "relu"),
      (#""activation": {"module": "builtins", "class_name": "function", "config": "gelu"}"#, "gelu"),
    ]
    for (options, expected) in cases {
      let conv = #""filters": 4, "kernel_size": [3, 3], "padding": "same", "#
      let network = try Self.network(Self.sequence([("Conv2D", conv + options)]))
      #expect(Self.layers(network).map { $0["activation"] } == [expected], "\(options)")
    }
    let alone: [(String, String)] = [
      ("LeakyReLU", ""), ("LeakyReLU", #""alpha": {"dtype": "float32", "type": "ndarray", "value": 0.5}"#),
      ("ELU", #""alpha": 2"#),
      ("Activation", #""activation": "relu""#), ("Activation", #""activation": "linear""#), ("Flatten", ""),
      ("Softmax", ""),
    ]
    let layers = Self.layers(try Self.network(Self.sequence(alone)))
    #expect(
      layers.map { $0["type"]?.string } == ["leaky_relu", "leaky_relu", "elu", "relu", "flatten", "softmax"])
    #expect(layers[0...2].map { ($0["slope"] ?? $0["alpha"])?.number } == [0.3, 0.5, 2])
  }

  @Test("Windows: strides, sizes that are not whole, dilation, pools")
  func windows() throws {
    let network = try Self.network(
      Self.sequence([
        ("Conv2D", #""filters": 4, "kernel_size": [3, 3], "strides": [2, 1], "dilation_rate": [1, 2]"#),
        ("AveragePooling2D", #""pool_size": [2, 2], "strides": [1, 1], "padding": "same""#),
        ("MaxPooling2D", #""pool_size": 2"#),
        ("SpatialDropout2D", #""rate": 0.5"#), ("GlobalAveragePooling2D", #""keepdims": true"#),
      ]))
    let expected: [JSON] = [
      [
        "type": "conv2d", "name": "l0", "filters": 4, "kernel": 3, "stride": [2, 1], "dilation": [1, 2],
        "rounding": "floor",
      ],
      ["type": "average_pool2d", "name": "l1", "kernel": 2, "stride": 1, "padding": "same"],
      ["type": "max_pool2d", "name": "l2", "kernel": 2, "rounding": "floor"],
      ["type": "global_average_pool2d", "name": "l4"],
      ["type": "reshape", "name": "l4_map", "shape": [4, 1, 1]],
    ]
    #expect(Self.layers(network) == expected)
    #expect(
      network.notices.first == "f: \"l3\" (SpatialDropout2D) is left out: it changes values in training alone"
    )
  }

  @Test("Inputs of (8, 8) and (64) are pictures of one channel; a loss is kept")
  func inputs() throws {
    for (input, layers) in [
      ("8, 8", [("Reshape", #""target_shape": [8, 8, 1]"#)]),
      ("64", [("Reshape", #""target_shape": [8, 8, -1]"#)]),
      ("64", [("Reshape", #""target_shape": [-1, 8]"#), ("Reshape", #""target_shape": [8, 8, 1]"#)]),
      ("8, 8, 1", []),
    ] {
      let conv = ("Conv2D", #""filters": 4, "kernel_size": 3"#)
      let network = try Self.network(Self.sequence(input: input, layers + [conv], loss: "\"mse\""))
      #expect(network.config["model"]?["input"] == [1, 8, 8])
      #expect(Self.layers(network).map { $0["type"]?.string } == ["conv2d"])
      #expect(network.config["loss"] == "mse")
    }
  }

  // MARK: Scaling

  @Test("Layers in front that scale become data.normalize")
  func scaling() throws {
    let cases: [(layers: [(String, String)], mean: [Double], std: [Double], readsBytes: Bool)] = [
      ([("Rescaling", #""scale": 0.00392156862745098, "offset": 0.0"#)], [0], [1], true),
      ([("Rescaling", #""scale": 0.00784313725490196, "offset": -1"#)], [0.5], [0.5], true),
      ([("Rescaling", #""scale": 2, "offset": -1"#)], [0.5], [0.5], false),
      ([("Normalization", #""axis": null, "mean": 0.1307, "variance": 0.09"#)], [0.1307], [0.3], false),
      ([("Normalization", #""axis": [3], "mean": [51], "variance": [2601]"#)], [0.2], [0.2], true),
      (
        [
          ("Rescaling", #""scale": 0.00392156862745098"#), ("RandomFlip", ""),
          ("Normalization", #""mean": [0.5], "variance": [0.25]"#),
        ],
        [0.5], [0.5], true
      ),
    ]
    for (layers, mean, std, readsBytes) in cases {
      let network = try Self.network(Self.sequence(layers + [("Flatten", "")]))
      let normalization = network.config["data"]?["normalize"]
      #expect(normalization?["scale"] == 255)
      for (key, expected) in [("mean", mean), ("std", std)] {
        let numbers = (normalization?[key]?.array ?? []).map { $0.number ?? .nan }
        #expect(
          numbers.count == expected.count && zip(numbers, expected).allSatisfy { abs($0 - $1) < 1e-9 },
          "\(layers) \(numbers)")
      }
      #expect(network.notices.last?.contains("taken to read pixels / 255") == !readsBytes)
    }
  }

  // MARK: Refusals

  private static let refusals: [(reason: String, config: String)] = [
    ("layer \"l0\" (LSTM): layers of this class are not supported", sequence([("LSTM", "")])),
    ("layer \"l0\" (L\\nSTM): layers of this class are not supported", sequence([("L\\nSTM", "")])),
    (
      "layer \"l0\" (Conv2D): filters is missing, not a number from 1 to 65536",
      sequence([("Conv2D", #""kernel_size": 3"#)])
    ),
    (
      "layer \"l0\" (Conv2D): kernel_size is [3,0], not one or two numbers from 1 to 4096",
      sequence([("Conv2D", #""filters": 4, "kernel_size": [3, 0]"#)])
    ),
    (
      "layer \"l0\" (Conv2D): padding \"causal\" is not supported",
      sequence([("Conv2D", #""filters": 4, "kernel_size": 3, "padding": "causal""#)])
    ),
    (
      "layer \"l0\" (Conv2D): a kernel of 9 does not fit a map of 8",
      sequence([("Conv2D", #""filters": 4, "kernel_size": 9"#)])
    ),
    (
      "layer \"l0\" (Conv2D): activation \"relu6\" is not supported",
      sequence([("Conv2D", #""filters": 4, "kernel_size": 3, "activation": "relu6""#)])
    ),
    (
      "layer \"l0\" (Conv2D): softmax is supported of flat features alone",
      sequence([("Conv2D", #""filters": 4, "kernel_size": 3, "activation": "softmax""#)])
    ),
    (
      "layer \"l0\" (Conv2D): the file has weights of [3, 3, 1, 4], [4], the config needs [5, 5, 1, 4], [4]",
      sequence([("Conv2D", #""filters": 4, "kernel_size": 5"#)])
    ),
    (
      "layer \"l0\" (SeparableConv2D): the file has no weights, the config needs [3, 3, 1, 1], [1, 1, 1, 2], [2]",
      sequence([("SeparableConv2D", #""filters": 2, "kernel_size": 3"#)])
    ),
    ("layer \"l0\" (ReLU): max_value 6 is not supported", sequence([("ReLU", #""max_value": 6"#)])),
    (
      "layer \"l0\" (LeakyReLU): a slope of -1.0 is not supported, only 0 to 1",
      sequence([("LeakyReLU", #""alpha": -1"#)])
    ),
    (
      "layer \"l0\" (BatchNormalization): axis 1 is not that of the channels",
      sequence([("BatchNormalization", #""axis": [1]"#)])
    ),
    ("layer \"l0\" (Dropout): a rate of 1.0 is not supported", sequence([("Dropout", #""rate": 1"#)])),
    (
      "layer \"l0\" (Dense): it reads [1, 8, 8]; put Flatten in front of it",
      sequence(input: "8, 8", [("Dense", #""units": 5"#)])
    ),
    (
      "layer \"l1\" (MaxPooling2D): zero padding is supported in front of a convolution with \"valid\" padding alone",
      sequence([("ZeroPadding2D", #""padding": 1"#), ("MaxPooling2D", "")])
    ),
    (
      "layer \"l1\" (Rescaling): it is supported in front of a model alone, where nothing else reads the input",
      sequence([("Activation", #""activation": "relu""#), ("Rescaling", #""scale": 2"#)])
    ),
    ("layer \"l0\" (Normalization): the file has no mean and variance", sequence([("Normalization", "")])),
    (
      "layer \"l0\" (Normalization): it has 3 numbers; one for each channel is supported",
      sequence([("Normalization", #""mean": [1, 2, 3], "variance": [1, 1, 1]"#)])
    ),
    (
      "Keras model: its scaling of the input is not supported by data.normalize",
      sequence([("Rescaling", #""scale": -1"#), ("Flatten", "")])
    ),
    (
      "layer \"l0\" (Reshape): target_shape [9, -1] is not supported of 64 values",
      sequence([("Reshape", #""target_shape": [9, -1]"#)])
    ),
    (
      "layer \"l0\" (Reshape): a reshape to maps of several channels, whose order is another here, is not supported",
      sequence([("Reshape", #""target_shape": [4, 4, 4]"#)])
    ),
    (
      "layer \"in\" (InputLayer): an input of (None, None, None, 3), which is no image of a fixed size",
      sequence(input: "null, null, 3", [])
    ),
    (
      "layer \"in\" (InputLayer): an input of 3072 values, which are no square picture of one channel",
      sequence(input: "3072", [])
    ),
    (
      "layer \"l0\" (Flatten): the file does not say the shape of the input; build the model before it is saved",
      #"{"class_name": "Sequential", "config": [{"class_name": "Flatten", "config": {"name": "l0"}}]}"#
    ),
    (
      "Keras model: channels first in some layers and last in others",
      sequence([
        ("MaxPooling2D", #""data_format": "channels_first""#),
        ("MaxPooling2D", #""data_format": "channels_last""#),
      ])
    ),
    ("output \"l0\" is a flattened map, which are no classes", sequence(input: "4, 4, 3", [("Flatten", "")])),
    (
      "layer \"l1\" (ZeroPadding2D): an output of [1, 8200, 8200] has too many values",
      sequence(
        input: "16, 16, 1",
        [("Activation", #""activation": "relu""#), ("ZeroPadding2D", #""padding": 4092"#)])
    ),
  ]

  @Test(arguments: refusals)
  func refused(refusal: (reason: String, config: String)) throws {
    #expect(message { _ = try Self.network(refusal.config) } == "f: \(refusal.reason)")
  }
}
