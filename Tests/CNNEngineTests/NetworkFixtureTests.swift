import CNNEngine
import ConfigDecoding
import Testing

/// The seven networks against PyTorch in double precision, and one against Keras' penalties.
@Suite struct NetworkFixtureTests {
  static let names = [
    "torch-lenet", "keras-lenet", "simple-convnet", "tf-convnet", "mlp-regularized", "rgb-vgg", "lenet",
  ]

  /// A parameter of a network, and the step of its gradient's samples; 0 if the gradient is whole.
  private struct Entry {
    let name: String
    let shape: [Int]
    let every: Int

    init(_ json: JSON) throws {
      name = try #require(json["name"]?.string)
      shape = try #require(json["shape"]?.array).compactMap(\.integer)
      every = try #require(json["every"]?.integer)
    }
  }

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

  /// Large gradients are stored as samples, norm and projections.
  private func compareGradients(of network: Network, with fixture: Fixture, prefix: String) throws {
    let entries = try #require(fixture.json("parameters").array).map(Entry.init)
    #expect(network.model.parameters.map(\.name) == entries.map(\.name))
    #expect(network.model.parameters.map(\.shape) == entries.map(\.shape))
    for (parameter, entry) in zip(network.model.parameters, entries) {
      let gradient = try #require(network.gradients)[parameter.range]
      let key = "\(prefix).\(entry.name)"
      guard entry.every > 0 else {
        expectClose(gradient, try fixture.floats(key), tolerance: tolerance, key)
        continue
      }
      let samples = stride(from: 0, to: gradient.count, by: entry.every).map { gradient[$0] }
      expectClose(samples, try fixture.floats("\(key).samples"), tolerance: tolerance, "\(key).samples")
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      expectClose([Float(norm)], try fixture.floats("\(key).norm"), tolerance: tolerance, "\(key).norm")
      let expected = try fixture.floats("\(key).projections")
      let projections = expected.indices.map { Float(FixtureValues.projection($0, of: gradient)) }
      expectClose(
        projections, expected.doubles, scale: [norm], tolerance: tolerance, "\(key).projections")
    }
  }

  /// Of the largest number, or the norm, of a gradient.
  private let tolerance = 2e-5
}
