import CNNEngine
import ConfigDecoding
import Testing

/// The seven networks against PyTorch in double precision, and one against Keras' penalties.
@Suite struct NetworkFixtureTests {
  static let names = [
    "torch-lenet", "keras-lenet", "simple-convnet", "tf-convnet", "mlp-regularized", "rgb-vgg", "lenet",
  ]

  static func model(of fixture: Fixture, _ change: ([JSON]) -> [JSON] = { $0 }) throws -> Model {
    let description = try fixture.json("model")
    let input = try #require(description["input"]?.array).compactMap(\.integer)
    return try makeModel(input, change(#require(description["layers"]?.array)))
  }

  @Test(arguments: names) func logitsLossAndGradientsArePyTorchs(_ name: String) throws {
    let fixture = try Fixture("network-\(name)")
    let model = try Self.model(of: fixture)
    let batch = try #require(fixture.json("batch").integer)
    let network = try makeNetwork(model, batchSize: batch, threads: 2)
    TestImages(noise: batch, size: model.input.count).load(0..<batch, into: network)
    let result = network.forward(training: true)
    network.backward()

    expectClose(
      Array(network.outputs(images: batch).joined()), try fixture.floats("logits"), tolerance: 1e-5, "logits")
    let loss = Float(result.lossSum / Double(batch))
    expectClose([loss], try fixture.floats("loss"), tolerance: 1e-6, "loss")
    try compareGradients(of: network, with: fixture, prefix: "gradient")
  }

  @Test func penalizedLossAndGradientsAreKeras() throws {
    let fixture = try Fixture("network-mlp-regularized")
    let model = try Self.model(of: fixture) { layers in
      layers.map { layer in
        guard layer["name"] == "fc1" else { return layer }
        var layer = layer
        layer["l2"] = 0.01
        layer["activity_l1"] = 0.01
        return layer
      }
    }
    let batch = try #require(fixture.json("batch").integer)
    let network = try makeNetwork(model, batchSize: batch)
    TestImages(noise: batch, size: model.input.count).load(0..<batch, into: network)
    let result = network.forward(training: true)
    network.backward()
    let loss = Float(result.lossSum / Double(batch) + network.regularizationLoss())
    expectClose([loss], try fixture.floats("regularized.loss"), tolerance: 1e-6, "loss")
    try compareGradients(of: network, with: fixture, prefix: "regularized.gradient")
  }

  private func compareGradients(of network: Network, with fixture: Fixture, prefix: String) throws {
    let entries = try fixture.entries(fixture.json("parameters"))
    #expect(network.model.parameters.map(\.name) == entries.map(\.name))
    #expect(network.model.parameters.map(\.shape) == entries.map(\.shape))
    for (parameter, entry) in zip(network.model.parameters, entries) {
      // Of the largest number, or the norm, of a gradient.
      try fixture.compare(
        #require(network.gradients)[parameter.range], with: "\(prefix).\(entry.name)", every: entry.every,
        tolerance: 2e-5)
    }
  }
}
