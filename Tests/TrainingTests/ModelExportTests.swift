import CNNEngine
import Datasets
import Foundation
import ImageFiles
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

@Suite struct ModelExportTests {
  /// Exports the initial weights of a config.
  private func export(
    _ config: ExperimentConfig, _ format: ModelExport.Format, _ layout: ModelExport.Layout = .pytorch,
    foldsBatchNorms: Bool = false
  ) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      for tensor in config.model.stateDict(of: try config.model.initialParameters(seed: 1)) {
        try file.append(tensor)
      }
      try write(file.encoded(), "\(folder)/w.safetensors")
      try write(Array(config.resolved.text().utf8), "\(folder)/c.json")
      let source = try LoadedModel("\(folder)/w.safetensors", config: "\(folder)/c.json")
      return try ModelExport(source).encoded(format, layout: layout, foldsBatchNorms: foldsBatchNorms)
    }
  }

  /// A network with one layer of each type, in an order that fits.
  private func everything() throws -> ExperimentConfig {
    let activations = LayerType.allCases.filter { $0.layer is any ActivationLayer.Type }
      .map { "\"\($0.rawValue)\"," }
    return try Small.config(
      layers: """
        { "type": "conv2d", "name": "input", "filters": 4, "kernel": [3, 2], "padding": [1, 2, 0, 3] },
        \(activations.joined(separator: " ")) { "type": "batch_norm", "name": "norm" },
        { "type": "add", "from": ["norm", "gelu1"] }, { "type": "concat", "from": ["norm", "add1"] },
        { "type": "max_pool2d", "kernel": 3, "stride": 2, "padding": 1, "rounding": "floor" },
        { "type": "average_pool2d", "kernel": 2, "stride": 1, "padding": "same" },
        { "type": "min_pool2d", "kernel": 2, "padding": "same" }, { "type": "dropout", "rate": 0.5 }, "flatten",
        { "type": "reshape", "shape": [2, -1, 4] }, { "type": "reshape", "shape": [-1, 2, 2] },
        "global_average_pool2d", { "type": "dense", "name": "fc", "units": 10 }, "log_softmax", "softmax"
        """)
  }

  @Test("Every layer type has ONNX operators, except dropout")
  func operators() throws {
    let expected: [LayerType: [String]] = [
      .conv2d: ["Conv"], .dense: ["Gemm"], .maxPool2d: ["MaxPool"], .averagePool2d: ["AveragePool"],
      .minPool2d: ["Neg", "MaxPool", "Neg"],
      .softmax: ["Softmax"], .logSoftmax: ["LogSoftmax"], .dropout: [], .flatten: ["Flatten"],
      .reshape: ["Reshape"], .batchNorm: ["BatchNormalization"], .add: ["Add"], .concat: ["Concat"],
      .globalAveragePool2d: ["GlobalAveragePool", "Flatten"], .silu: ["Sigmoid", "Mul"],
      .gelu: ["Mul", "Erf", "Add", "Mul", "Mul"],
    ]
    let layers = try everything().model.layers
    for type in LayerType.allCases {
      let layer = try #require(layers.first { $0.type == type.rawValue }, "\(type) is missing in this test")
      let operators = layer.layer.onnxOperators(input: layer.input, output: layer.output)
      let activation = type.layer as? any ActivationLayer.Type
      #expect(operators.map(\.type) == expected[type] ?? activation.map { [$0.onnxType] })
      #expect(operators.contains(where: \.takesWeights) == !layer.parameters.isEmpty)
    }
  }

  @Test("Windows have their padding, and whether it counts")
  func windows() throws {
    let layers = try everything().model.layers
    func attributes(_ type: LayerType) -> [String] {
      let layer = layers.first { $0.type == type.rawValue }
      let operators = layer.map { $0.layer.onnxOperators(input: $0.input, output: $0.output) } ?? []
      return operators.flatMap(\.attributes).map { "\($0.name) \($0.value)" }
    }
    #expect(
      attributes(.conv2d) == [
        "kernel_shape integers([3, 2])", "strides integers([1, 1])", "pads integers([1, 2, 0, 3])",
      ])
    #expect(
      attributes(.maxPool2d) == [
        "kernel_shape integers([3, 3])", "strides integers([2, 2])", "pads integers([1, 1, 1, 1])",
      ])
    #expect(
      attributes(.averagePool2d).suffix(2) == ["pads integers([0, 0, 1, 1])", "count_include_pad integer(0)"])
    let padded = try Small.config(
      layers: #"{ "type": "average_pool2d", "kernel": 2, "padding": 1 }, \#(Small.linear)"#)
    let pool = padded.model.layers[0]
    #expect(
      pool.layer.onnxOperators(input: pool.input, output: pool.output)[0].attributes.last?.value
        == .integer(1))
  }

  @Test("The graph has normalization, weights, both outputs and metadata")
  func graph() throws {
    let config = try Small.config(data: #""normalize": { "scale": 255, "mean": [0.5], "std": [0.25] }"#)
    let bytes = try export(config, .onnx)
    #expect(try bytes == export(config, .onnx))
    let text = String(decoding: bytes, as: UTF8.self)
    for word in [
      "normalize.scale", "normalize.mean", "normalize.std", "conv.weight", "fc.bias", "logits",
      "probabilities",
      "pixels from 0 to 255 as float32 [N, 1, 12, 12]; the graph normalizes them",
      #"["0","1","2","3","4","5","6","7","8","9"]"#,
    ] { #expect(text.contains(word), "\(word)") }
    let plain = try export(Small.config(data: #""normalize": { "scale": 1 }"#), .onnx)
    #expect(!String(decoding: plain, as: UTF8.self).contains("normalize."))
  }

  @Test("Logits are the input of a last softmax, or its logarithm if the loss reads probabilities")
  func softmax() throws {
    let cross = try export(Small.config(layers: Small.linear + #", "softmax""#), .onnx)
    #expect(!String(decoding: cross, as: UTF8.self).contains("LogSoftmax"))
    let mean = try export(
      Small.config(layers: Small.linear + #", "softmax""#, extra: #""loss": "mse","#), .onnx)
    let graph = try ONNXGraph(parsing: mean, name: "f")
    #expect(graph.nodes.suffix(3).map(\.type) == ["LogSoftmax", "Max", "Softmax"])
    // It is read back without both.
    let layers = try ONNXNetwork(graph, path: "f").config["model"]?["layers"]?.array ?? []
    #expect(layers.map { $0["type"]?.string } == ["flatten", "dense"])
  }

  @Test("Log-probabilities of a saturated softmax end where those of the graph do")
  func saturatedSoftmax() throws {
    let scores: [Float] = [113, 40, 26.5, 26, 25, 0, 0, -50, 100, 113]
    let expected = scores.map { max($0 - 113 - log(2 + exp(-13)), -87) }
    let config = try Small.config(layers: Small.linear + #", "softmax""#, extra: #""loss": "mse","#)
    let buffer = try config.model.initialParameters(seed: 1)
    for parameter in config.model.parameters {
      let isBias = parameter.name == "fc.bias"
      buffer.replace(
        at: parameter.range.lowerBound,
        with: isBias ? scores : [Float](repeating: 0, count: parameter.range.count))
    }
    let evaluator = Evaluator(config, parameters: buffer, threadPool: ThreadPool(threads: 1))
    let image = Images(
      pixels: [UInt8](repeating: 0, count: 144), shape: ImageShape(height: 12, width: 12))
    let logits = try evaluator.scores(image)[0]
    #expect(zip(logits, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(logits)")
    let graph = try ONNXGraph(parsing: export(config, .onnx), name: "f")
    let least = try #require(graph.initializers.first { $0.name == "logits.constant" })
    #expect(least.bytes.elementsEqual(withUnsafeBytes(of: Float(-87)) { Array($0) }))
    #expect(logits.min() == -87)
  }

  @Test("Weights exported as safetensors and npz, also in Keras' layout, are imported unchanged")
  func roundTrips() throws {
    let config = try Small.config()
    let weights = config.model.tensors(of: try config.model.initialParameters(seed: 1))
    let safetensors = try SafeTensors(parsing: export(config, .safetensors), file: "f")
    #expect(safetensors.metadata("format") == "pt")
    #expect(try WeightImport(of: config.model, in: safetensors, path: "f").tensors == weights)
    for layout in ModelExport.Layout.allCases {
      let archive = try SafeTensors(NPZ(parsing: export(config, .npz, layout), name: "f"))
      let read = try WeightImport(of: config.model, in: archive, path: "f")
      #expect(read.tensors == weights)
      #expect((read.notice == nil) == (layout == .pytorch))
    }
    let pixels = try Small.config(
      layers: #"{ "type": "conv2d", "filters": 2, "kernel": [12, 8] }, "flatten", "softmax""#)
    for config in [try everything(), pixels] {
      #expect(
        message { _ = try export(config, .npz, .keras) }
          .hasSuffix(
            "a network with a reshape, a sum of flattened and other features, or an output of flattened maps has no Keras "
              + "layout; export ONNX instead"))
    }
  }

  @Test("Running statistics are exported under PyTorch's names, in Keras' order, and into the graph")
  func runningStatistics() throws {
    let config = try Small.config(layers: Small.normed)
    let model = config.model
    let expected =
      model.tensors(of: try model.initialParameters(seed: 1))
      + model.stateTensors(of: try model.initialParameters(seed: 1))
    let safetensors = try SafeTensors(parsing: export(config, .safetensors), file: "f")
    #expect(
      safetensors.tensors.prefix(7).map { "\($0.name) \($0.shape) \($0.dataType.rawValue)" } == [
        "conv.weight [4, 1, 3, 3] F32", "conv.bias [4] F32", "norm.weight [4] F32", "norm.bias [4] F32",
        "norm.running_mean [4] F32", "norm.running_var [4] F32", "norm.num_batches_tracked [] I64",
      ])
    #expect(try WeightImport(of: model, in: safetensors, path: "f").tensors == expected)
    for layout in ModelExport.Layout.allCases {
      let archive = try NPZ(parsing: export(config, .npz, layout), name: "f")
      #expect(archive.names.count == (layout == .keras ? 12 : 14))
      let read = try WeightImport(of: model, in: SafeTensors(archive), path: "f")
      #expect(read.tensors == expected)
    }
    let graph = String(decoding: try export(config, .onnx), as: UTF8.self)
    #expect(graph.contains("norm.running_mean") && graph.contains("flat.running_var"))
    #expect(!graph.replacing("\"num_batches_tracked", with: "").contains("norm.num_batches_tracked"))
  }

  @Test("A batch norm that alone reads a layer with weights is folded into them")
  func foldedNorms() throws {
    let config = try Small.config(
      layers: """
        { "type": "conv2d", "name": "plain", "filters": 4, "kernel": 3, "bias": false }, { "type": "batch_norm", "name": "norm1" },
        { "type": "max_pool2d", "kernel": 2 }, { "type": "batch_norm", "name": "pooled" },
        { "type": "conv2d", "name": "active", "filters": 4, "kernel": 3, "activation": "relu" },
        { "type": "batch_norm", "name": "behind" },
        { "type": "conv2d", "name": "shared", "filters": 4, "kernel": 1 }, { "type": "batch_norm", "name": "n2" },
        { "type": "add", "from": ["shared", "n2"] }, "flatten",
        { "type": "dense", "name": "fc", "units": 10 }, { "type": "batch_norm", "name": "norm3" }
        """)
    let graph = String(decoding: try export(config, .onnx, foldsBatchNorms: true), as: UTF8.self)
    for name in ["plain.bias", "pooled.running_var", "behind.weight", "n2.running_mean", "n2.output"] {
      #expect(graph.contains(name), "\(name)")
    }
    for name in ["norm1.weight", "norm1.output", "norm3.running_mean", "norm3.output"] {
      #expect(!graph.contains(name), "\(name)")
    }
    #expect(try export(config, .onnx, foldsBatchNorms: false) == export(config, .onnx))
    let chain = try Small.config()
    #expect(try export(chain, .onnx, foldsBatchNorms: true) == export(chain, .onnx))
  }

  @Test("Folded weights are those of the layer and its norm")
  func foldedWeights() throws {
    let model = try Small.config(layers: Small.normed).model
    let buffer = try model.initialParameters(seed: 1)
    let tensors = (model.parameters.map { ($0.name, $0.range) } + model.state.map { ($0.name, $0.range) })
    for (index, (_, range)) in tensors.enumerated() {
      buffer.replace(at: range.lowerBound, with: range.map { Float(($0 + index) % 5 + 1) / 4 })
    }
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.0, buffer[$0.1].map { Double($0) }) })
    let folded = try #require(model.foldedLayers(of: buffer).first)
    #expect(model.layers[folded.layer].name == "conv" && model.layers[folded.norm].name == "norm")
    let norm = try #require(model.layers[folded.norm].layer as? BatchNorm)
    func value(_ name: String, _ index: Int) throws -> Double { try #require(values[name])[index] }
    for channel in 0..<4 {
      let deviation = try (value("norm.running_var", channel) + norm.epsilon).squareRoot()
      let scale = try value("norm.weight", channel) / deviation
      for tap in channel * 9..<channel * 9 + 9 {
        #expect(try folded.weights[tap] == Float(value("conv.weight", tap) * scale))
      }
      let shifted = try value("conv.bias", channel) - value("norm.running_mean", channel)
      #expect(try folded.bias[channel] == Float(shifted * scale + value("norm.bias", channel)))
    }
  }

  @Test(
    "A Keras export lists the layers of a graph as Keras does: by depth, then as a search from the output finds them"
  )
  func kerasOrder() throws {
    let config = try Small.config(
      layers: """
        { "type": "conv2d", "name": "stem", "filters": 2, "kernel": 3, "padding": "same" },
        { "type": "conv2d", "name": "a1", "filters": 3, "kernel": 1 }, { "type": "conv2d", "name": "a2", "filters": 4, "kernel": 1 },
        { "type": "conv2d", "name": "b1", "from": "stem", "filters": 5, "kernel": 1 },
        { "type": "conv2d", "name": "b2", "filters": 6, "kernel": 1 },
        { "type": "conv2d", "name": "short", "from": "stem", "filters": 7, "kernel": 1 },
        { "type": "concat", "from": ["short", "b2", "a2"] }, "global_average_pool2d",
        { "type": "dense", "name": "fc", "units": 10 }
        """)
    let archive = try NPZ(parsing: export(config, .npz, .keras), name: "f")
    let kernels = try archive.arrays().map(\.shape).filter { $0.count > 1 }
    // stem; b1 and a1; short, b2 and a2, in the order of the concatenation.
    #expect(kernels.map { $0[$0.count - 1] } == [2, 5, 3, 7, 6, 4, 10])
    let read = try WeightImport(of: config.model, in: SafeTensors(archive), path: "f")
    #expect(try read.tensors == config.model.tensors(of: config.model.initialParameters(seed: 1)))
  }

  @Test("By default a file is written next to its checkpoint")
  func defaultPath() throws {
    try withTemporaryFolder { folder in
      let run = try Small.run(Small.config(layers: Small.linear), in: "\(folder)/runs.d/a").run
      let export = try ModelExport(LoadedModel(run.folder.path))
      #expect(export.defaultPath(.onnx) == "\(folder)/runs.d/a/model.onnx")
      #expect(export.summary(.npz) == "small, 1,450 parameters in 2 arrays")
      #expect(export.summary(.onnx) == "small, 1,450 parameters: input 1x12x12 pixels, 0 to 255")
    }
    #expect(throws: CheckpointError.self) { _ = try ModelExport(LoadedModel("lenet")) }
  }
}
