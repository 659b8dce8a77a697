import CNNEngine
import Testing

/// Every layer kind against PyTorch and TensorFlow in double precision.
@Suite struct LayerFixtureTests {
  @Test func outputsAndGradientsAreTheFrameworks() throws {
    let fixture = try Fixture("layers")
    #expect(fixture.cases.count >= 140)
    for name in fixture.cases {
      let description = try fixture.json(name)
      let sizes = try #require(description["input"]?.array).compactMap(\.integer)
      let layer = try #require(description["layer"])
      let scale = Float(try #require(description["input_scale"]?.number))
      let probe = try makeProbe(Array(sizes.dropFirst()), [layer], images: sizes[0])
      probe.setParameters(fixtureParameters(of: probe.model))
      let offset = Float(description["input_offset"]?.number ?? 0)
      let x = FixtureValues(salt: FixtureValues.input).prefix(sizes.reduce(1, *), scale: scale)
        .map { $0 + offset }
      let y = probe.forward(x)
      expectClose(y, try fixture.floats("\(name).y"), tolerance: 2e-6, "\(name).y")
      #expect(
        try probe.model.output.dimensions == Array(fixture.shape("\(name).y").dropFirst()), "\(name)")
      let gradients = probe.backward(FixtureValues(salt: FixtureValues.upstream).prefix(y.count))
      for (part, gradient) in zip(["dx", "dw", "db"], [gradients.dx] + gradients.parameters) {
        let expected = try fixture.floats("\(name).\(part)").doubles
        // Where a sigmoid is saturated the slope is a difference of two numbers near 1.
        let largest = expected.absolute.reduce(0.2, max)
        expectClose(gradient, expected, scale: [largest], tolerance: 3e-6, "\(name).\(part)")
      }
      #expect(fixture.has("\(name).db") == (gradients.parameters.count == 2))
      #expect(fixture.has("\(name).y_eval") == !probe.model.state.isEmpty)
      guard fixture.has("\(name).y_eval") else { continue }
      for part in ["running_mean", "running_var"] {
        expectClose(
          probe.state("batch_norm1.\(part)"), try fixture.floats("\(name).\(part)"), tolerance: 1e-6,
          "\(name).\(part)")
      }
      expectClose(
        probe.forward(x, training: false), try fixture.floats("\(name).y_eval"), tolerance: 2e-6,
        "\(name).y_eval")
    }
  }
}
