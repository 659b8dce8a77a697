import CNNEngine
import ModelFormats
import Testing
import TestSupport
import Training

@Suite struct WeightImportTests {
  private func withFile(
    _ tensors: [(String, [Int], [Float])], _ body: (_ path: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      for (name, shape, values) in tensors { try file.append(name, shape: shape, values) }
      try write(file.encoded(), "\(folder)/w.safetensors")
      try body("\(folder)/w.safetensors")
    }
  }

  private func model() throws -> Model { try Small.config(layers: Small.linear).model }

  private let weight = (0..<1440).map { Float($0) }
  private let bias = (0..<10).map { Float(-$0) }

  @Test("Tensors are matched by name, in any order, among other tensors")
  func order() throws {
    let tensors = [("step", [1], [7]), ("fc.bias", [10], bias), ("fc.weight", [10, 144], weight)]
    try withFile(tensors) { path in
      let weights = try WeightImport(of: model(), contentsOf: path).tensors
      #expect(
        weights == [
          NamedTensor(name: "fc.weight", shape: [10, 144], values: weight),
          NamedTensor(name: "fc.bias", shape: [10], values: bias),
        ])
    }
  }

  @Test("Half precision and double precision become floats")
  func types() throws {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      let half: [UInt8] = Array(repeating: [0x00, 0xBC], count: 1440).flatMap { $0 }
      try file.append("fc.weight", shape: [10, 144], .float16, bytes: half)
      let double = (0..<10).flatMap { index in withUnsafeBytes(of: Double(index) / 4) { Array($0) } }
      try file.append("fc.bias", shape: [10], .float64, bytes: double)
      try write(file.encoded(), "\(folder)/w.safetensors")
      let weights = try WeightImport(of: model(), contentsOf: "\(folder)/w.safetensors").tensors
      #expect(weights[0].values.allSatisfy { $0 == -1 })
      #expect(weights[1].values == (0..<10).map { Float($0) / 4 })
    }
  }

  @Test("A tensor that is missing, has another shape or values that are not finite is named")
  func faults() throws {
    func fault(_ tensors: [(String, [Int], [Float])]) throws -> String {
      var said = ""
      try withFile(tensors) { path in
        said = message(in: path) { _ = try WeightImport(of: model(), contentsOf: path) }
      }
      return said
    }
    #expect(try fault([]) == "DIR: no tensor fc.weight; the file has none")
    #expect(
      try fault([("head.weight", [10, 144], weight)]) == "DIR: no tensor fc.weight; the file has head.weight")
    #expect(
      try fault([("fc.weight", [144, 10], weight), ("fc.bias", [10], bias)])
        == "DIR: fc.weight is [144, 10], the network's is [10, 144]")
    #expect(
      try fault([("fc.weight", [10, 144], weight), ("fc.bias", [5], Array(bias.prefix(5)))])
        == "DIR: fc.bias is [5], the network's is [10]")
    var infinite = bias
    infinite[3] = .infinity
    #expect(
      try fault([("fc.weight", [10, 144], weight), ("fc.bias", [10], infinite)])
        == "DIR: fc.bias has values that are not finite")
  }

  @Test("Integers are not accepted as weights")
  func integers() throws {
    try withTemporaryFolder { folder in
      var file = SafeTensors()
      try file.append("fc.weight", shape: [10, 144], .int32, bytes: [UInt8](repeating: 0, count: 5760))
      try write(file.encoded(), "\(folder)/w")
      #expect(
        message(in: folder) { _ = try WeightImport(of: model(), contentsOf: "\(folder)/w") }
          == "DIR/w: fc.weight is I32, not a floating-point type")
    }
  }

  @Test("A missing file, or one that holds no weights")
  func unreadable() throws {
    #expect(
      message { _ = try WeightImport(of: model(), contentsOf: "/nowhere/w") }
        == "/nowhere/w: No such file or directory")
    try withTemporaryFolder { folder in
      let advice =
        "weights are read from safetensors, PyTorch's .pt, Keras' .keras and .h5, ONNX and NumPy's .npz "
        + "(docs/interop.md)"
      for (bytes, said) in [
        (
          Array("<!DOCTYPE html><html></html>".utf8),
          "this is an HTML page (\"<!DOCTYPE html\"); download the file itself, not a page about it"
        ),
        (Array("{\"a\": 1}\n".utf8), "this is a JSON document"), ([], "the file is empty"),
        (Array("PAR1....".utf8), "this is a Parquet table"),
        ([UInt8](repeating: 0xEE, count: 40), "it begins with EE EE EE EE"),
      ] as [([UInt8], String)] {
        try write(bytes, "\(folder)/w")
        let fault = message(in: folder) { _ = try WeightImport(of: model(), contentsOf: "\(folder)/w") }
        #expect(fault == "DIR/w: byte 0: \(said); \(advice)")
      }
    }
  }

  @Test("A NumPy archive is recognized by its content, not by its name")
  func archives() throws {
    try withTemporaryFolder { folder in
      try write(
        NPZ.encode([("fc.weight", [10, 144], weight), ("fc.bias", [10], bias)]), "\(folder)/weights.npz.bak")
      let weights = try WeightImport(of: model(), contentsOf: "\(folder)/weights.npz.bak").tensors
      #expect(weights.map(\.values) == [weight, bias])
    }
  }

  /// A small LeNet: every shape but those of conv2 and conv3 is unique.
  private func convolutions() throws -> ExperimentConfig {
    try Small.config(
      layers: """
        { "type": "conv2d", "name": "conv1", "filters": 4, "kernel": 3, "padding": "same" }, "relu",
        { "type": "conv2d", "name": "conv2", "filters": 4, "kernel": [3, 1], "padding": "same" },
        { "type": "conv2d", "name": "conv3", "filters": 4, "kernel": [3, 1], "padding": "same" },
        { "type": "max_pool2d", "kernel": 4 }, "flatten", { "type": "dropout", "rate": 0.5 },
        { "type": "dense", "name": "fc1", "units": 6 }, "tanh", { "type": "dense", "name": "fc2", "units": 10 }
        """)
  }

  private func weights(_ model: Model) throws -> [NamedTensor] {
    try model.tensors(of: model.initialParameters(seed: 3))
  }

  /// Imports tensors under other names.
  private func read(
    _ tensors: [NamedTensor], as names: [String], _ model: Model, change: (Int, [Float]) -> [Float] = { $1 },
    shape: (Int, [Int]) -> [Int] = { $1 }
  ) throws -> WeightImport {
    let arrays = zip(names, tensors).enumerated().map { index, pair in
      (name: pair.0, shape: shape(index, pair.1.shape), values: change(index, pair.1.values))
    }
    return try withTemporaryFolder { folder in
      try write(NPZ.encode(arrays), "\(folder)/w.npz")
      return try WeightImport(of: model, contentsOf: "\(folder)/w.npz")
    }
  }

  @Test("The names of an nn.Sequential are sorted by number, where PyTorch sorts them as text")
  func sequential() throws {
    let model = try convolutions().model
    let weights = try weights(model)
    let modules = [0, 2, 3, 10, 12].flatMap { ["\($0).weight", "\($0).bias"] }
    let sorted = zip(modules, weights).sorted { $0.0 < $1.0 }
    #expect(sorted.map(\.0) != modules)
    let read = try read(sorted.map(\.1), as: sorted.map(\.0), model)
    #expect(read.tensors == weights)
    #expect(
      read.notice?.hasSuffix(
        "/w.npz: its tensor names are not the network's, so tensors are matched in order: 0.weight is conv1.weight, "
          + "0.bias is conv1.bias, 2.weight is conv2.weight, 2.bias is conv2.bias, …") == true)
    #expect(try self.read(weights, as: weights.map(\.name), model).notice == nil)
  }

  @Test("If the order does not match, unique shapes decide")
  func shapes() throws {
    let model = try Small.config().model
    let weights = try weights(model)
    let read = try read(
      weights.reversed(), as: ["a.bias", "a.weight", "b.bias", "b.weight"], model)
    #expect(read.tensors == weights)
    #expect(read.notice?.contains("matched by shape: b.weight is conv.weight") == true)
    let twice = try convolutions().model
    let names = (0..<10).map { "z\(9 - $0).weight" }
    let said = message { _ = try self.read(self.weights(twice), as: names, twice) }
    #expect(
      said.hasSuffix(
        "its tensors match the network neither by name nor by order nor by shape; z0.weight is [10], "
          + "but conv1.weight is [4, 1, 3, 3]"))
  }

  @Test("Keras' arrays are transposed, and features after a flatten reordered")
  func keras() throws {
    let model = try convolutions().model
    let weights = try weights(model)
    let layout = try #require(KerasLayout(model))
    let names = (0..<10).map { "arr_\($0)" }
    let read = try read(
      weights, as: names, model, change: { layout.toKeras($1, $0) },
      shape: { index, _ in layout.shape(index) })
    #expect(read.tensors == weights)
    #expect(
      read.notice?.contains("matched in order and transposed from Keras' layout, channels last") == true)
    #expect(layout.shape(0) == [3, 3, 1, 4])
    #expect(layout.shape(6) == [36, 6])
    // Channel 2 of the pixel in row 1 and column 0 of a 3x3 map is feature 21 here, 14 there.
    let fc1 = weights[6].values
    #expect(layout.toKeras(fc1, 6)[14 * 6 + 5] == fc1[5 * 36 + 21])
  }

  /// Weights and running statistics of the network with norms that differ from the initial ones, layer by layer.
  private func normed(_ model: Model) throws -> [NamedTensor] {
    try model.stateDict(of: model.initialParameters(seed: 3)).enumerated().map { index, tensor in
      let values = tensor.isCounter ? [7] : tensor.values.indices.map { Float($0 % 7 + 1) / Float(index + 1) }
      return NamedTensor(name: tensor.name, shape: tensor.shape, values: values, isCounter: tensor.isCounter)
    }
  }

  /// A safetensors file of `tensors` under other names.
  private func file(_ tensors: [NamedTensor], as names: [String]) throws -> SafeTensors {
    var file = SafeTensors()
    for (name, tensor) in zip(names, tensors) {
      try file.append(
        NamedTensor(name: name, shape: tensor.shape, values: tensor.values, isCounter: tensor.isCounter))
    }
    return file
  }

  /// What an import gives: all parameters, and behind them all state.
  private func imported(_ model: Model, _ tensors: [NamedTensor]) -> [NamedTensor] {
    let names = model.parameters.map(\.name) + model.state.map(\.name)
    return names.compactMap { name in tensors.first { $0.name == name } }
  }

  @Test("Running statistics of an nn.Sequential, with or without the count of batches")
  func runningStatistics() throws {
    let model = try Small.config(layers: Small.normed).model
    let tensors = try normed(model)
    let parts = ["weight", "bias"]
    let norm = parts + ["running_mean", "running_var", "num_batches_tracked"]
    let names = [(0, parts), (1, norm), (5, norm), (16, parts)].flatMap { module, parts in
      parts.map { "\(module).\($0)" }
    }
    let sorted = zip(names, tensors).sorted { $0.0 < $1.0 }
    let read = try WeightImport(of: model, in: file(sorted.map(\.1), as: sorted.map(\.0)), path: "f")
    #expect(read.tensors == imported(model, tensors))
    #expect(
      read.notice
        == "f: its tensor names are not the network's, so tensors are matched in order: 0.weight is "
        + "conv.weight, 0.bias is conv.bias, 1.weight is norm.weight, 1.bias is norm.bias, …")
    let plain = zip(names, tensors).filter { !$0.1.isCounter }
    let uncounted = try WeightImport(of: model, in: file(plain.map(\.1), as: plain.map(\.0)), path: "f")
    #expect(uncounted.tensors.map(\.name) == read.tensors.map(\.name))
    #expect(uncounted.tensors.last?.values == [0] && read.tensors.last?.values == [7])
    let own = tensors.filter { !$0.isCounter }
    let byName = try WeightImport(of: model, in: file(own, as: own.map(\.name)), path: "f")
    #expect(byName.tensors == uncounted.tensors && byName.notice == nil)
  }

  @Test("Missing running statistics are named")
  func missingStatistics() throws {
    let model = try Small.config(layers: Small.normed).model
    let weights = try normed(model).filter { tensor in model.parameters.contains { $0.name == tensor.name } }
    #expect(
      message { _ = try WeightImport(of: model, in: file(weights, as: weights.map(\.name)), path: "f") }
        == "f: no running statistics norm.running_mean, norm.running_var, flat.running_mean, flat.running_var; without "
        + "them the network cannot be evaluated")
    #expect(
      message {
        _ = try WeightImport(of: model, in: file(weights, as: weights.indices.map { "\($0)" }), path: "f")
      }
        == "f: has as many tensors as the network has weights, but no running statistics: norm.running_mean, "
        + "norm.running_var, flat.running_mean, flat.running_var")
    let negative = try normed(model).map { tensor in
      NamedTensor(name: tensor.name, shape: tensor.shape, values: tensor.values.map { -$0 })
    }
    #expect(
      message { _ = try WeightImport(of: model, in: file(negative, as: negative.map(\.name)), path: "f") }
        == "f: norm.running_var has the negative value \(-Float(1) / 6)")
  }

  @Test("Keras' batch norm: gamma, beta, moving mean and variance; features after a flatten are reordered")
  func kerasNorms() throws {
    let model = try Small.config(layers: Small.normed).model
    let layout = try #require(KerasLayout(model))
    let tensors = try normed(model).filter { !$0.isCounter }
    let names = tensors.indices.map { "arr_\($0)" }
    let read = try read(
      tensors, as: names, model, change: { layout.toKeras($1, $0) },
      shape: { index, _ in layout.shape(index) })
    #expect(read.tensors.filter { !$0.isCounter } == imported(model, tensors))
    // A norm of maps keeps its order; feature 6 of Keras is channel 2 of the second pixel of 5x5, feature 51 here.
    #expect(layout.toKeras(tensors[5].values, 5) == tensors[5].values)
    for index in 6...9 {
      #expect(layout.toKeras(tensors[index].values, index)[6] == tensors[index].values[51])
    }
    #expect(layout.toKeras(tensors[10].values, 10)[6 * 10 + 3] == tensors[10].values[3 * 100 + 51])
  }

  @Test("Keras' layout follows branches: joined features keep their order each, sums must agree")
  func kerasBranches() throws {
    func layout(_ merge: String) throws -> KerasLayout? {
      try KerasLayout(
        Small.config(
          layers: """
            { "type": "conv2d", "name": "a", "filters": 2, "kernel": 11, "from": "input" }, { "type": "flatten", "name": "fa" },
            { "type": "dense", "name": "b", "units": 8, "from": "fa" },
            { "type": "conv2d", "name": "c", "filters": 2, "kernel": 11, "from": "input" }, { "type": "flatten", "name": "fc" },
            \(merge), { "type": "dense", "name": "d", "units": 10 }
            """
        ).model)
    }
    let joined = try #require(try layout(#"{ "type": "concat", "from": ["fa", "b", "fc"] }"#))
    let weight = (0..<240).map { Float($0) }
    let row = stride(from: 0, to: 240, by: 10).map { joined.toKeras(weight, 6)[$0] }
    let map: [Float] = [0, 4, 1, 5, 2, 6, 3, 7]
    #expect(row == map + (8..<16).map { Float($0) } + map.map { $0 + 16 })
    #expect(joined.fromKeras(joined.toKeras(weight, 6), 6) == weight)
    #expect(try layout(#"{ "type": "add", "from": ["fa", "b", "fc"] }"#) == nil)
    let sum = try #require(
      try layout(
        #"{ "type": "add", "name": "s", "from": ["fa", "fc"] }, { "type": "concat", "from": ["s", "b"] }"#))
    #expect(stride(from: 0, to: 80, by: 10).map { sum.toKeras(Array(weight.prefix(160)), 6)[$0] } == map)
  }

  @Test("Tensors that match both layouts are refused")
  func ambiguous() throws {
    let model = try Small.parse(
      """
      { "model": { "input": [1, 10, 1], "layers": ["flatten", { "type": "dense", "name": "fc", "units": 10 }] } }
      """
    ).model
    let said = message { _ = try read(try weights(model), as: ["a", "b"], model) }
    #expect(
      said.hasSuffix(
        "its shapes match PyTorch's and Keras' layout; rename its tensors to the network's names, such as fc.weight"
      ))
  }

  @Test("A NumPy array of an unsupported element type")
  func wrongType() throws {
    let model = try model()
    try withTemporaryFolder { folder in
      let fixture = try contents("\(repository)/Tests/Fixtures/archives/weights.npz")
      try write(fixture, "\(folder)/w.npz")
      #expect(
        message(in: folder) { _ = try WeightImport(of: model, contentsOf: "\(folder)/w.npz") }
          == "DIR/w.npz: no tensor fc.weight; the file has half, single, double, whole, scalar")
    }
  }
}
