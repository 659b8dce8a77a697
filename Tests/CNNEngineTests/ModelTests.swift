import CNNEngine
import ConfigDecoding
import JSONText
import Testing

/// Expects that a model is refused with exactly these messages, or not at all.
func expectFaults(
  _ input: [Int], _ layers: [JSON], _ messages: [String],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    let model = try makeModel(input, layers)
    #expect(messages.isEmpty, "gives \(model.output)", sourceLocation: sourceLocation)
  } catch let error as ModelError {
    #expect(error.faults.map(\.message) == messages, sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
}

@Suite struct ModelTests {
  /// The parameter counts of the systems to reproduce.
  static let counts = [
    ("torch-lenet", 19_670), ("keras-lenet", 27_598), ("simple-convnet", 433_890),
    ("tf-convnet", 1_378_698), ("mlp-regularized", 50_890), ("rgb-vgg", 204_570), ("lenet", 61_706),
  ]

  /// The model of one of the shipped configs.
  static func shipped(_ name: String) throws -> Model {
    let file = try Configs.text(name)
    let config = try JSON(parsing: Array(file.utf8), origin: name)
    let input = try #require(config["model"]?["input"]?.array).compactMap(\.integer)
    return try makeModel(input, #require(config["model"]?["layers"]?.array))
  }

  @Test(arguments: counts) func parameterCountsOfTheConfigs(name: String, count: Int) throws {
    #expect(try Self.shipped(name).parameterCount == count)
  }

  /// The fixtures were made with the layers the configs have, up to the logits and without dropout.
  @Test(arguments: counts.map(\.0)) func configsAreTheNetworksOfTheFixtures(name: String) throws {
    let decoded = try NetworkFixtureTests.model(of: Fixture("network-\(name)"))
    let leftOut = ["dropout", "softmax", "log_softmax"]
    let layers = try Self.shipped(name).layers.filter { !leftOut.contains($0.type) }
    #expect(layers.map(\.type) == decoded.layers.map(\.type))
    #expect(layers.map(\.output) == decoded.layers.map(\.output))
    #expect(layers.flatMap(\.parameters).map(\.name) == decoded.parameters.map(\.name))
    #expect(layers.flatMap(\.parameters).map(\.shape) == decoded.parameters.map(\.shape))
  }

  @Test func mapsOfTheDocuments() throws {
    func sizes(_ name: String, _ types: Set<String>) throws -> [String] {
      try Self.shipped(name).layers.filter { types.contains($0.type) }.map(\.output.description)
    }
    let kinds: Set = ["conv2d", "max_pool2d", "flatten", "dense"]
    #expect(
      try sizes("torch-lenet", kinds) == [
        "6x24x24", "6x12x12", "16x8x8", "16x4x4", "256", "64", "10",
      ])
    #expect(
      try sizes("keras-lenet", kinds) == [
        "6x28x28", "6x14x14", "6x14x14", "6x7x7", "6x7x7", "294", "84", "10",
      ])
    #expect(try sizes("simple-convnet", kinds) == ["30x24x24", "30x12x12", "4320", "100", "10"])
    #expect(
      try sizes("tf-convnet", ["max_pool2d", "flatten", "dense"]) == [
        "32x14x14", "64x7x7", "128x4x4", "2048", "625", "10",
      ])
  }

  @Test func parametersLieOneAfterAnotherOnWholeVectors() throws {
    let model = try makeModel(
      [2, 5, 5],
      [
        ["type": "conv2d", "name": "a", "filters": 3, "kernel": [2, 3]], ["type": "flatten"],
        ["type": "dense", "name": "b", "units": 7, "bias": false],
      ])
    #expect(model.parameters.map(\.name) == ["a.weight", "a.bias", "b.weight"])
    #expect(model.parameters.map(\.shape) == [[3, 2, 2, 3], [3], [7, 36]])
    #expect(model.parameters.map(\.offset) == [0, 48, 64])
    #expect(model.flatCount == 64 + 256)
    #expect(model.parameterCount == 36 + 3 + 252)
    #expect(model.layers.map(\.multiplyAdds) == [3 * 4 * 3 * 2 * 6, 0, 252])
    #expect(model.multiplyAdds == 432 + 252)
  }

  // MARK: Refusals

  @Test func layersThatNeedFlatFeatures() {
    expectFaults(
      [6, 12, 12], [["type": "dense", "units": 10]],
      [
        """
        needs flat features, not a 6x12x12 map; put { "type": "flatten" } before it (864 features)
        """
      ])
    for type: JSON in ["softmax", "log_softmax"] {
      expectFaults(
        [2, 3, 3], [["type": type]],
        ["needs flat features, not a 2x3x3 map; put { \"type\": \"flatten\" } before it"])
    }
  }

  @Test func severalFaultsAtOnce() {
    let layers: [JSON] = [
      ["type": "conv2d", "name": "first", "filters": 4, "kernel": 5, "stride": 2],
      ["type": "relu", "name": "fine"],
      ["type": "dense", "name": "second", "units": 9],
      ["type": "reshape", "name": "third", "shape": [2, 5]],
      ["type": "conv2d", "name": "fourth", "filters": 1, "kernel": 1],
      ["type": "conv2d", "name": "behind it nothing is known", "filters": 1, "kernel": 99],
    ]
    do {
      let model = try makeModel([1, 28, 28], layers)
      Issue.record("gives \(model.output)")
    } catch let error as ModelError {
      #expect(error.faults.map(\.name) == ["first", "second", "third", "fourth"])
      #expect(error.faults.map(\.subject) == [0, 2, 3, 4].map { .layer($0) })
      #expect(error.faults[2].message == "cannot make 2x5 of 9 elements (9): 2x5 has 10")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func sizesBeyondAllMemory() {
    let flatten: JSON = ["type": "flatten"]
    expectFaults(
      [65_536, 65_536, 65_536], [flatten],
      ["an input of 65536x65536x65536 has more than 50000000 values per image"])
    expectFaults(
      [1, 28, 28], [["type": "conv2d", "filters": 65_536, "kernel": 1]],
      ["an output of 65536x28x28 has more than 50000000 values per image"])
    expectFaults(
      [1, 1, 1], [["type": "conv2d", "filters": 1, "kernel": 1, "padding": 4096], flatten],
      ["an input of 1x1x1 padded to 8193x8193 has more than 50000000 values per image"])
    expectFaults(
      [1000, 100, 100], [flatten, ["type": "dense", "units": 1_000_000]],
      ["weights of 1000000x10000000 are more than 500000000 in all"])
    expectFaults(
      [30_000], [["type": "dense", "units": 10_000], ["type": "dense", "units": 30_000]],
      ["weights of 30000x10000 are more than 500000000 in all"])
    expectFaults(
      [1], [["type": "reshape", "shape": [100_000_000, 100_000_000, 100_000_000]]],
      ["100000000x100000000x100000000 has too many elements"])
  }
}
