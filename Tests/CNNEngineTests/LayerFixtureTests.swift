import CNNEngine
import Testing

/// Every layer kind against PyTorch and TensorFlow in double precision.
@Suite struct LayerFixtureTests {
  @Test func outputsAndGradientsAreTheFrameworks() throws {
    let fixture = try Fixture("layers")
    #expect(fixture.cases.count >= 70)
    for name in fixture.cases {
      let description = try fixture.json(name)
      let sizes = try #require(description["input"]?.array).compactMap(\.integer)
      let layer = try #require(description["layer"])
      let scale = Float(try #require(description["input_scale"]?.number))
      let probe = try makeProbe(Array(sizes.dropFirst()), [layer], images: sizes[0])
      probe.setParameters(fixtureParameters(of: probe.model))
      let x = FixtureValues(salt: FixtureValues.input).prefix(sizes.reduce(1, *), scale: scale)
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
    }
  }
}
