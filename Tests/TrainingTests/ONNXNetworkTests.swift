import ConfigDecoding
import FileIO
import Foundation
import JSONText
import ModelFormats
import Testing
import TestSupport
import Training

@Suite struct ONNXNetworkTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/weights").path

  private func network(_ name: String) throws -> ONNXNetwork {
    let path = "\(Self.folder)/\(name).onnx"
    return try ONNXNetwork(ONNXGraph(contentsOf: path), path: name)
  }

  private func layers(_ config: JSON) -> [String] {
    (config["model"]?["layers"]?.array ?? []).map { $0.text(pretty: false) }
  }

  /// The network of a graph that `build` makes of an input of `shape`.
  private func network(
    _ shape: [Int], output: [Int] = [10], _ build: (inout ONNX) -> Void
  ) throws -> ONNXNetwork {
    var graph = ONNX()
    graph.appendInput("x", shape: shape)
    build(&graph)
    graph.appendOutput("y", shape: output)
    // This program's own graphs read bytes, others numbers from 0 to 1.
    let bytes = graph.encoded(name: "g").replacing(
      Array("cnn".utf8), with: Array("xyz".utf8), maxReplacements: 1)
    return try ONNXNetwork(ONNXGraph(parsing: bytes, name: "f"), path: "f")
  }

  @Test("Both exporters of PyTorch give one network", arguments: ["script", "dynamo"])
  func plain(exporter: String) throws {
    let network = try network("network-\(exporter)")
    let first = exporter == "script" ? "conv2d1" : "features_0"
    #expect(
      layers(network.config) == [
        #"{"type":"conv2d","name":"\#(first)","filters":3,"kernel":3,"padding":1}"#,
        #"{"type":"relu","name":"relu1"}"#, #"{"type":"max_pool2d","name":"max_pool2d1","kernel":2}"#,
        #"{"type":"conv2d","name":"features_4","filters":4,"kernel":3}"#, #"{"type":"relu","name":"relu2"}"#,
        #"{"type":"flatten","name":"flatten1"}"#, #"{"type":"dense","name":"classifier_1","units":10}"#,
      ])
    #expect(network.config["data"]?["normalize"] == ["scale": 255])
    #expect(network.config["model"]?["input"] == [1, 8, 8] && network.config["loss"] == "cross_entropy")
    #expect(
      network.notices == [
        "network-\(exporter): the graph's input is taken as pixels / 255; --set data.normalize… for anything else"
      ])
    let expected = try SafeTensors(contentsOf: Self.folder + "/graphs.safetensors")
    for (name, source) in [("features_4", "features.4"), ("classifier_1", "classifier.1")] {
      for role in ["weight", "bias"] {
        let read = try #require(network.weights["\(name).\(role)"])
        let tensor = try #require(expected["network.\(source).\(role)"])
        #expect(network.weights.floats(of: read) == expected.floats(of: tensor) && read.shape == tensor.shape)
      }
    }
  }

  @Test(
    "Branches, activations of several operators, means, norms, MatMul, and weights beside the model",
    arguments: ["branches-script", "branches-dynamo", "branches-external"])
  func branches(name: String) throws {
    let network = try network(name)
    let isScript = name == "branches-script"
    let (block, gate) = isScript ? ("conv2d2", "dense2") : ("block", "gate")
    #expect(
      layers(network.config) == [
        #"{"type":"conv2d","name":"stem","filters":4,"kernel":3,"stride":2,"padding":1,"rounding":"floor"}"#,
        #"{"type":"silu","name":"silu1"}"#,
        #"{"type":"conv2d","name":"\#(block)","filters":4,"kernel":3,"padding":1,"groups":2}"#,
        #"{"type":"add","name":"add1","from":["\#(block)","silu1"]}"#,
        #"{"type":"leaky_relu","name":"leaky_relu1","slope":0.2}"#,
        #"{"type":"concat","name":"concat1","from":["silu1","leaky_relu1"]}"#,
        #"{"type":"average_pool2d","name":"average_pool2d1","kernel":2,"stride":1}"#,
        #"{"type":"global_average_pool2d","name":"global_average_pool2d1"}"#,
        #"{"type":"batch_norm","name":"features","epsilon":0.001,"momentum":0.1}"#,
        #"{"type":"dense","name":"hidden","units":6}"#,
        #"{"type":"gelu","name":"gelu1","approximate":"none"}"#, #"{"type":"elu","name":"elu1","alpha":1}"#,
        #"{"type":"dense","name":"\#(gate)","units":6,"bias":false}"#, #"{"type":"tanh","name":"tanh1"}"#,
        #"{"type":"dense","name":"scores","units":10}"#, #"{"type":"log_softmax","name":"log_softmax1"}"#,
      ])
    #expect(network.config["loss"] == "nll")
    let expected = try SafeTensors(contentsOf: Self.folder + "/graphs.safetensors")
    // MatMul has its weights transposed.
    let read = try #require(network.weights["\(gate).weight"])
    let tensor = try #require(expected["branches.gate.weight"])
    #expect(network.weights.floats(of: read) == expected.floats(of: tensor))
    #expect(network.weights["features.running_var"]?.shape == [8])
  }

  @Test("The image's scaling becomes the normalization; sums with constants become biases")
  func scaling() throws {
    let network = try network([2, 1, 2]) { graph in
      graph.append("mean", shape: [1, 2, 1, 1], [0.25, 0.5])
      graph.append("std", shape: [2, 1, 1], [0.5, 0.125])
      graph.appendNode("Sub", inputs: ["x", "mean"], output: "a")
      graph.appendNode("Div", inputs: ["a", "std"], output: "b")
      graph.append("c.weight", shape: [1, 2, 1, 1], [1, 2])
      graph.append("c.shift", shape: [1, 1, 1], [3])
      graph.appendNode("Conv", inputs: ["b", "c.weight"], output: "c")
      graph.appendNode("Add", inputs: ["c.shift", "c"], output: "d")
      graph.append("list", [-1, 2])
      graph.appendNode("Reshape", inputs: ["d", "list"], output: "e")
      graph.append("f.weight", shape: [2, 3], [1, 2, 3, 4, 5, 6])
      graph.append("f.bias", shape: [3], [7, 8, 9])
      graph.appendNode("MatMul", inputs: ["e", "f.weight"], output: "f")
      graph.appendNode("Add", inputs: ["f", "f.bias"], output: "y")
    }
    #expect(
      network.config["data"]?["normalize"] == ["scale": 255, "mean": [0.25, 0.5], "std": [0.5, 0.125]])
    #expect(
      layers(network.config) == [
        #"{"type":"conv2d","name":"c","filters":1,"kernel":1}"#, #"{"type":"flatten","name":"flatten1"}"#,
        #"{"type":"dense","name":"f","units":3}"#,
      ])
    func values(_ name: String) -> [Float]? {
      network.weights[name].flatMap { network.weights.floats(of: $0) }
    }
    #expect(values("c.bias") == [3] && values("f.bias") == [7, 8, 9])
    #expect(values("f.weight") == [1, 4, 2, 5, 3, 6])
  }

  @Test("A graph that divides by 255 reads bytes; inputs of rows or of flat features are images")
  func inputs() throws {
    for (shape, expected) in [([3, 3], [1, 3, 3] as JSON), ([9], [1, 3, 3]), ([8], [1, 1, 8])] {
      let count = shape.reduce(1, *)
      let network = try network(shape) { graph in
        graph.append("scale", shape: [], [1 / 255])
        graph.appendNode("Mul", inputs: ["x", "scale"], output: "a")
        graph.appendNode("Flatten", [("axis", .integer(1))], inputs: ["a"], output: "b")
        graph.append("f.weight", shape: [1, count], [Float](repeating: 1, count: count))
        graph.appendNode("Gemm", [("transB", .integer(1))], inputs: ["b", "f.weight"], output: "y")
      }
      #expect(network.config["model"]?["input"] == expected)
      #expect(network.config["data"]?["normalize"] == ["scale": 255] && network.notices.isEmpty)
      #expect(layers(network.config).count == 2)
    }
  }

  @Test("Activations are recognized by what they compute, in whatever form")
  func functions() throws {
    func type(_ build: (inout ONNX) -> Void) throws -> JSON? {
      let network = try network([2]) { graph in
        graph.append("w", shape: [2, 2], [1, 2, 3, 4])
        graph.appendNode("MatMul", inputs: ["x", "w"], output: "h")
        for (name, value) in [
          ("half", 0.5), ("one", 1), ("cube", 3), ("root", 1.414_213_5), ("c", 0.044_715),
        ] as [(String, Float)] {
          graph.append(name, shape: [], [value])
        }
        graph.append("s", shape: [], [0.797_884_6])
        build(&graph)
      }
      return network.config["model"]?["layers"]?.array?.last
    }
    let gelu = try type { graph in
      graph.appendNode("Div", inputs: ["h", "root"], output: "a")
      graph.appendNode("Erf", inputs: ["a"], output: "b")
      graph.appendNode("Add", inputs: ["one", "b"], output: "c1")
      graph.appendNode("Mul", inputs: ["h", "c1"], output: "d")
      graph.appendNode("Mul", inputs: ["d", "half"], output: "y")
    }
    #expect(gelu == ["type": "gelu", "name": "gelu1"])
    let tanh = try type { graph in
      graph.appendNode("Pow", inputs: ["h", "cube"], output: "a")
      graph.appendNode("Mul", inputs: ["c", "a"], output: "b")
      graph.appendNode("Add", inputs: ["h", "b"], output: "d")
      graph.appendNode("Mul", inputs: ["d", "s"], output: "e")
      graph.appendNode("Tanh", inputs: ["e"], output: "f")
      graph.appendNode("Add", inputs: ["f", "one"], output: "g")
      graph.appendNode("Mul", inputs: ["h", "half"], output: "i")
      graph.appendNode("Mul", inputs: ["i", "g"], output: "y")
    }
    #expect(tanh == ["type": "gelu", "name": "gelu1", "approximate": "tanh"])
    let silu = try type { graph in
      graph.appendNode("Sigmoid", inputs: ["h"], output: "a")
      graph.appendNode("Mul", inputs: ["a", "h"], output: "y")
    }
    #expect(silu == ["type": "silu", "name": "silu1"])
    #expect(
      message {
        _ = try type { graph in graph.appendNode("Mul", inputs: ["h", "half"], output: "y") }
      } == #"f: operator output ("y"): it reads a function of Mul that is none of the activations here"#)
  }

  private static let refused: [(String, [(name: String, value: ONNX.Attribute)], String)] = [
    ("Transpose", [("perm", .integers([0, 2, 3, 1]))], "it is none of the layers here"),
    ("HardSwish", [], "it is none of the layers here"),
    (
      "MaxPool", [("kernel_shape", .integers([3]))],
      "kernel [3], strides [1, 1], dilations [1, 1], pads [0, 0, 0, 0] are no 2-D window"
    ),
    ("MaxPool", [("kernel_shape", .integers([9, 1]))], "a kernel of [9, 1] does not fit a map of [1, 4, 4]"),
    (
      "MaxPool", [("kernel_shape", .integers([2, 2])), ("dilations", .integers([2, 2]))],
      "dilated pools are not supported"
    ),
    (
      "MaxPool",
      [("kernel_shape", .integers([3, 3])), ("strides", .integers([2, 2])), ("ceil_mode", .integer(1))],
      "ceil_mode is not supported"
    ),
    (
      "MaxPool", [("kernel_shape", .integers([2, 2])), ("auto_pad", .string("SAME_LOWER"))],
      "auto_pad SAME_LOWER is not supported"
    ),
    (
      "AveragePool",
      [
        ("kernel_shape", .integers([3, 3])), ("strides", .integers([1, 1])),
        ("pads", .integers([2, 2, 2, 2])),
      ],
      "a mean that leaves out the padding is only supported for \"same\""
    ),
    ("LeakyRelu", [("alpha", .float(2))], "alpha is 2.0, not from 0.0 to 1.0"),
    ("LeakyRelu", [("alpha", .float(.nan))], "alpha is nan, not from 0.0 to 1.0"),
    ("LeakyRelu", [("alpha", .integer(2))], "alpha is no number"),
    ("Softmax", [], "only softmax over features is supported"),
    ("Flatten", [("axis", .integer(2))], "only axis 1 is supported, not 2"),
    (
      "ReduceMean", [("axes", .integers([1]))],
      "only the mean over rows and columns is supported, not over the axes [1]"
    ),
    ("Squeeze", [("axes", .integers([2]))], "axis 2 has the size 4"),
  ]

  @Test(arguments: refused.indices)
  func refuses(index: Int) {
    let (type, attributes, expected) = Self.refused[index]
    let error = message {
      _ = try network([1, 4, 4]) { $0.appendNode(type, attributes, inputs: ["x"], output: "y") }
    }
    #expect(error == "f: operator \(type) (\"y\"): \(expected)")
  }

  @Test("Weights that do not fit are refused")
  func weights() {
    func expect(_ type: String, _ shape: [Int], _ expected: String, list: [Int] = []) {
      let error = message {
        _ = try network([2, 3, 3]) { graph in
          if list.isEmpty {
            graph.append("w", shape: shape, [Float](repeating: 1, count: shape.reduce(1, *)))
          } else {
            graph.append("w", list)
          }
          graph.appendNode(type, inputs: ["x", "w"], output: "y")
        }
      }
      #expect(error == "f: operator \(type) (\"y\"): \(expected)")
    }
    expect("Conv", [4, 3, 1, 1], "weights of [4, 3, 1, 1] in 1 groups do not fit a map of [2, 3, 3]")
    expect("Conv", [4, 2], "weights of [4, 2] in 1 groups do not fit a map of [2, 3, 3]")
    expect("Conv", [1, 2, 4, 4], "a kernel of [4, 4] does not fit a map of [2, 3, 3]")
    expect("Conv", [], "input 2 must be a constant of floating-point numbers", list: [1])
    expect("MatMul", [2], "its weights are [2], not a matrix")
    expect("Gemm", [18, 4], "weights for 18 features read [2, 3, 3]")
    expect("Add", [3], "a constant of [3] does not scale the channels of an image of [2, 3, 3]")
    expect("Reshape", [], "the shape [5, 18] does not keep the images apart", list: [5, 18])
    expect("Reshape", [], "[17] has other values than [2, 3, 3]", list: [-1, 17])
    expect("Reshape", [], "[-1, 7] has other values than [2, 3, 3]", list: [0, -1, 7])
    expect("Reshape", [], "[\(Int.max), \(Int.max)] has other values than [2, 3, 3]", list: [1, .max, .max])
    expect("Gather", [], "input 1 must be a constant of integers", list: [0])
    expect("BatchNormalization", [3], "weight is [3], not [2]")
  }

  @Test("Every changed byte of a graph is refused or harmless")
  func damage() throws {
    let whole = try contents(Self.folder + "/branches-script.onnx")
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 1 << UInt8(index % 8)
      _ = try? ONNXNetwork(ONNXGraph(parsing: damaged, name: "f"), path: "f")
    }
  }
}
