import CNNEngine
import Testing
import TestSupport

private func faults(_ layers: String, input: String = "[1, 28, 28]") -> [String] {
  let text = """
    { "model": { "input": \(input), "layers": [
    \(layers)
    ] } }
    """
  return message { _ = try Small.parse(text) }.split(separator: "\n").map(String.init)
}

@Suite struct ModelConfigTests {
  @Test("Layers without a name are named by type and number")
  func names() throws {
    let config = try Small.config(
      layers: """
        "flatten", { "type": "dense", "units": 20 }, "relu", { "type": "dense", "name": "head", "units": 15 },
        { "type": "relu" }, { "type": "dense", "units": 10 }
        """)
    #expect(config.model.layers.map(\.name) == ["flatten1", "dense1", "relu1", "head", "relu2", "dense3"])
    #expect(
      config.model.parameters.map(\.name) == [
        "dense1.weight", "dense1.bias", "head.weight", "head.bias", "dense3.weight", "dense3.bias",
      ])
  }

  @Test("Names are unique, generated ones included")
  func duplicateNames() {
    #expect(
      faults(
        """
        "flatten", { "type": "dense", "name": "fc", "units": 10 },
        { "type": "dense", "name": "fc", "units": 10 }
        """) == ["test.json:3:1: model.layers[2].name: \"fc\" is taken"])
    #expect(
      faults(
        """
        "flatten", { "type": "relu", "name": "relu2" },
        "relu", { "type": "dense", "units": 10 }
        """) == ["test.json:3:1: model.layers[2].name: \"relu2\" is taken"])
  }

  @Test("A name is valid in a path and before a dot")
  func unusableNames() {
    for name in ["a.b", "a/b", "", "a b", "é", String(repeating: "a", count: 65)] {
      #expect(
        faults(#"{ "type": "flatten", "name": "\#(name)" }, { "type": "dense", "units": 10 }"#).count == 1)
    }
  }

  @Test(
    "A layer that does not fit is told with its number, its name, the formula and what would fit",
    arguments: [
      (
        #"{ "type": "max_pool2d", "kernel": 5 }, "flatten""#,
        "model.layers[1] (max_pool2d1): a map of 24 is not a multiple of the pool of 5"
      ),
      (#"{ "type": "conv2d", "name": "big", "filters": 6, "kernel": 99 }"#, "model.layers[1] (big): "),
      (#"{ "type": "dense", "name": "fc", "units": 10 }"#, "model.layers[1] (fc): needs flat features"),
    ])
  func shapes(layers: String, expected: String) {
    let faults = faults(
      """
      { "type": "conv2d", "name": "conv1", "filters": 6, "kernel": 5 },
      \(layers)
      """)
    #expect(faults.first?.hasPrefix("test.json:3:1: \(expected)") == true)
  }

  @Test("A layer with an error causes no further errors; layers before it are checked")
  func noFaultFollowsFromAnother() {
    #expect(
      faults(
        """
        { "type": "conv2d", "filters": 6, "kernel": "x" },
        { "type": "max_pool2d", "kernel": 3 }, "flatten", { "type": "dense", "units": 10 }
        """) == [
          "test.json:2:45: model.layers[0].kernel: must be an integer or [height, width], not \"x\""
        ])
    let both = faults(
      """
      { "type": "max_pool2d", "kernel": 3 },
      { "type": "conv2d", "filters": 6, "kernal": 3 },
      { "type": "max_pool2d", "kernel": 99 }
      """)
    #expect(both.first?.hasPrefix("test.json:2:1: model.layers[0] (max_pool2d1): ") == true)
    #expect(
      both.dropFirst() == [
        "test.json:3:1: model.layers[1].kernel: is required",
        "test.json:3:35: model.layers[1].kernal: unknown key; did you mean \"kernel\"?",
      ])
    #expect(
      faults("\"flatten\", { \"type\": \"dense\", \"units\": 10 }", input: "[1, 28, 0]")
        == ["test.json:1:31: model.input[2]: must be an integer from 1 to 65536, not 0"])
  }

  @Test(
    "What a layer reads, and what is an output, is told where it is wrong",
    arguments: [
      (
        #"{ "type": "relu", "from": "cnv1" }, { "type": "dense", "units": 10 }"#, nil,
        #"3:27: model.layers[1].from: no layer "cnv1"; did you mean "conv1"?; it can read "conv1", "input""#
      ),
      (
        #"{ "type": "relu", "from": "late" }, { "type": "flatten", "name": "late" }"#, nil,
        #"3:27: model.layers[1].from: "late" comes later; a layer reads earlier ones: it can read "conv1", "input""#
      ),
      (
        #"{ "type": "relu", "name": "me", "from": "me" }"#, nil,
        #"3:41: model.layers[1].from: "me" is this layer itself; a layer reads earlier ones: it can read "conv1", "input""#
      ),
      (
        #"{ "type": "flatten", "from": ["conv1", "input"] }"#, nil,
        #"3:30: model.layers[1].from: reads one layer, not 2; "add" or "concat" merges several into one"#
      ),
      (
        #"{ "type": "add", "from": "conv1" }"#, nil,
        #"3:26: model.layers[1].from: merges at least two layers, such as ["input", "conv1"]"#
      ),
      (
        #""concat""#, nil,
        #"3:1: model.layers[1] (concat1): needs "from" with the layers that it merges, such as ["input", "conv1"]"#
      ),
      (
        #"{ "type": "conv2d", "filters": 4, "kernel": 1, "stride": 2 }, { "type": "add", "from": ["conv1", "conv2d2"] }"#,
        nil,
        #"3:63: model.layers[2] (add1): cannot add "conv1" 2x5x5 and "conv2d2" 4x3x3: shapes must be equal; would fit: { "type": "conv2d", "from": "conv1", "filters": 4, "kernel": 1, "stride": 2, "rounding": "floor" } instead of "conv1""#
      ),
      (
        #""flatten", { "type": "concat", "from": ["conv1", "flatten1"] }"#, nil,
        #"3:12: model.layers[2] (concat1): cannot concatenate "conv1" 2x5x5 and "flatten1" 50: only channels may differ; "conv1" has maps of 5x5"#
      ),
      (
        #""relu", { "type": "flatten", "from": "conv1" }, { "type": "dense", "units": 10 }"#, nil,
        #"3:1: model.layers[1] (relu1): no layer reads "relu1" and it is no output; name it in "from" of a later layer, list it in model.outputs, or remove it"#
      ),
      (
        #""flatten", { "type": "dense", "name": "digit", "units": 10 }"#, #"[{ "layer": "digt" }]"#,
        #"4:26: model.outputs[0].layer: no layer "digt"; did you mean "digit"?; the last ones are "digit", "flatten1", "conv1""#
      ),
      (
        #""flatten", { "type": "dense", "name": "digit", "units": 10 }"#,
        #"[{ "layer": "digit" }, { "layer": "digit" }]"#,
        #"4:48: model.outputs[1].layer: "digit" is an output already; merge the two losses into one"#
      ),
      (
        #""flatten", { "type": "dense", "name": "digit", "units": 10 }, { "type": "dense", "name": "parity", "units": 2 }"#,
        #"[{ "layer": "digit" }, { "layer": "parity", "labels": [0, 1] }]"#,
        #"4:68: model.outputs[1].labels: maps 2 classes, but the output "digit" has 10; it needs one label for each class"#
      ),
      (
        #""flatten", { "type": "dense", "name": "digit", "units": 3 }, { "type": "dense", "name": "parity", "units": 2 }"#,
        #"[{ "layer": "digit" }, { "layer": "parity", "labels": [0, 1, 2] }]"#,
        #"4:68: model.outputs[1].labels: label 2, but "parity" has 2 scores: labels from 0 to 1"#
      ),
      (
        #""flatten", { "type": "dense", "name": "digit", "units": 3 }, { "type": "dense", "name": "parity", "units": 2 }"#,
        #"[{ "layer": "digit" }, { "layer": "parity" }]"#,
        #"4:37: model.outputs[1].labels: "parity" has 2 scores for 3 classes; "labels" maps each class to a label"#
      ),
      (
        #"{ "type": "conv2d", "name": "c", "filters": 2, "kernel": 1, "activation": "softmax" }, "flatten""#,
        nil,
        #"3:75: model.layers[1].activation: "softmax" needs flat features, not 2x5x5; make it a layer of its own, behind a "flatten""#
      ),
      (
        #"{ "type": "conv2d", "name": "c", "filters": 2, "kernel": 1, "activation": "relus" }, "flatten""#,
        nil,
        #"3:75: model.layers[1].activation: must be one of "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softmax", "log_softmax", not "relus"; did you mean "relu"?"#
      ),
      (
        #"{ "type": "conv2d", "name": "c", "filters": 9, "kernel": 1, "groups": 3 }, "flatten""#, nil,
        #"3:1: model.layers[1] (c): groups 3 does not divide 2 input channels; would fit: 1"#
      ),
      (
        #""flatten", { "type": "dense", "name": "digit", "units": 10 }, { "type": "dense", "name": "b", "from": "flatten1", "units": 10 }"#,
        #"[{ "layer": "digit" }, { "layer": "b", "loss": "nll" }]"#,
        #"4:61: model.outputs[1].loss: "nll" needs "log_softmax" in "b", not "dense"; "cross_entropy" does not"#
      ),
      (
        #""flatten", { "type": "dense", "name": "p", "units": 10, "activation": "softmax", "activity_l2": 0.1 }"#,
        #"[{ "layer": "p" }]"#,
        #"4:15: model.outputs[0].loss: this loss computes the softmax of "p", whose activity is then not in memory to be regularized; leave out activity_l1 and activity_l2, or the activation"#
      ),
    ] as [(String, String?, String)])
  func graph(layers: String, outputs: String?, expected: String) {
    let text = """
      { "model": { "input": [1, 5, 5], "layers": [
      { "type": "conv2d", "name": "conv1", "filters": 2, "kernel": 1 },
      \(layers)\(outputs.map { "],\n  \"outputs\": \($0)" } ?? "]") } }
      """
    #expect(message { _ = try Small.parse(text) } == "test.json:\(expected)")
  }

  @Test("The engine's own interface has the limit of a config on how many layers are merged")
  func tooManyInputs() {
    let inputs = Array(repeating: "input", count: 65)
    #expect(throws: ModelError.self) {
      try Model(input: Shape([1, 2, 2]), layers: [NamedLayer(Concat(), from: inputs)])
    }
    #expect(throws: Never.self) {
      try Model(input: Shape([1, 2, 2]), layers: [NamedLayer(Concat(), from: Array(inputs.dropLast()))])
    }
  }

  @Test("No layers, too many, or one of an unknown type")
  func lists() {
    #expect(
      faults("") == ["test.json:1:46: model.layers: must have a number of elements from 1 to 1024, not 0"])
    let many = Array(repeating: "\"relu\"", count: 1025).joined(separator: ", ")
    #expect(faults(many).count == 1)
    #expect(faults("\"relux\", \"flatten\"").count == 1)
    #expect(faults("\"relux\"").first?.hasSuffix("not \"relux\"; did you mean \"relu\"?") == true)
    #expect(faults("{ \"kernel\": 5 }") == ["test.json:2:1: model.layers[0].type: is required"])
  }
}
