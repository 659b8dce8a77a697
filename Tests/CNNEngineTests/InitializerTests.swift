import ConfigDecoding
import Testing

@Suite struct InitializerTests {
  /// 100,000 weights of a dense layer from 500 to 200 features, or of 5x5 filters from 40 to 100 channels.
  private func weights(_ initializer: JSON, of kind: JSON = "dense", seed: UInt64 = 1) throws -> [Float] {
    let isDense = kind == "dense"
    var layer: JSON = isDense ? ["units": 200] : ["filters": 100, "kernel": 5]
    layer["type"] = kind
    layer["init"] = initializer
    layer["bias"] = false
    let model = try makeModel(isDense ? [500] : [40, 5, 5], [layer])
    return try model.initialParameters(seed: seed)[model.parameters[0].range]
  }

  /// Mean 0 (or `mean`) and variance, each within six standard errors; limits that are reached but not passed.
  private func expect(
    _ values: [Float], mean: Double = 0, variance: Double, limit: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = Double(values.count)
    let actualMean = values.doubles.reduce(0, +) / count
    let squares = values.map { (Double($0) - actualMean) * (Double($0) - actualMean) }
    let actualVariance = squares.reduce(0, +) / count
    #expect(abs(actualMean - mean) < 6 * (variance / count).squareRoot(), sourceLocation: sourceLocation)
    #expect(abs(actualVariance / variance - 1) < 6 * (2 / count).squareRoot(), sourceLocation: sourceLocation)
    let farthest = values.reduce(0) { max($0, abs(Double($1) - mean)) }
    #expect(farthest <= limit * 1.000001, sourceLocation: sourceLocation)
    #expect(farthest > 0.98 * limit || limit == .infinity, sourceLocation: sourceLocation)
  }

  /// The variance of a standard normal number that is redrawn beyond two standard deviations.
  private let truncatedVariance = 0.773_741

  @Test func normal() throws {
    expect(try weights(["type": "normal", "std": 0.01]), variance: 1e-4, limit: .infinity)
    expect(
      try weights(["type": "normal", "mean": 3, "std": 0.5]), mean: 3, variance: 0.25, limit: .infinity)
    let values = try weights(["type": "normal", "std": 1])
    // Parts beyond one, two and three standard deviations.
    for (bound, part) in [(1, 0.317_311), (2, 0.045_500), (3, 0.002_700)] as [(Float, Double)] {
      let count = Double(values.count { abs($0) > bound })
      #expect(abs(count - 1e5 * part) < 6 * (1e5 * part).squareRoot())
    }
  }

  @Test func truncatedNormal() throws {
    expect(
      try weights(["type": "truncated_normal", "mean": -1, "std": 0.1]), mean: -1,
      variance: 0.01 * truncatedVariance, limit: 0.2)
  }

  @Test func uniform() throws {
    expect(try weights(["type": "uniform"]), variance: 0.01 / 12, limit: 0.05)
    expect(
      try weights(["type": "uniform", "low": 1, "high": 3]), mean: 2, variance: 4.0 / 12, limit: 1)
  }

  @Test(arguments: [("dense", 500, 200), ("conv2d", 1000, 2500)] as [(JSON, Double, Double)])
  func namedOnesDependOnTheFans(kind: JSON, fanIn: Double, fanOut: Double) throws {
    let glorot = 2 / (fanIn + fanOut)
    expect(try weights("glorot_uniform", of: kind), variance: glorot, limit: (3 * glorot).squareRoot())
    expect(try weights("keras_default", of: kind), variance: glorot, limit: (3 * glorot).squareRoot())
    expect(
      try weights("glorot_normal", of: kind), variance: glorot,
      limit: 2 * (glorot / truncatedVariance).squareRoot())
    let he = 2 / fanIn
    expect(try weights("he_uniform", of: kind), variance: he, limit: (3 * he).squareRoot())
    expect(
      try weights("he_normal", of: kind), variance: he, limit: 2 * (he / truncatedVariance).squareRoot())
    expect(try weights("torch_default", of: kind), variance: 1 / (3 * fanIn), limit: (1 / fanIn).squareRoot())
  }

  @Test func sameNumbers() throws {
    #expect(Set(try weights("zeros")) == [0])
    #expect(Set(try weights(["type": "constant", "value": 0.25])) == [0.25])
  }

  @Test func biases() throws {
    func biases(_ initializer: JSON?) throws -> [Float] {
      var layer: JSON = ["type": "dense", "units": 1000]
      layer["bias_init"] = initializer
      let model = try makeModel([400], [layer])
      return try model.initialParameters(seed: 1)[model.parameters[1].range]
    }
    expect(try biases(nil), variance: 1 / 1200, limit: 0.05)
    #expect(Set(try biases("keras_default")) == [0])
    #expect(Set(try biases("zeros")) == [0])
  }

  @Test func drawsAreAFunctionOfSeedAndParameter() throws {
    let layers: [JSON] = [
      ["type": "dense", "name": "a", "units": 50], ["type": "dense", "name": "b", "units": 50],
    ]
    let model = try makeModel([50], layers)
    func draw(_ seed: UInt64) throws -> [[Float]] {
      let buffer = try model.initialParameters(seed: seed)
      return model.parameters.map { buffer[$0.range] }
    }
    #expect(try draw(1) == draw(1))
    #expect(try zip(draw(1), draw(2)).allSatisfy { $0 != $1 })
    // Two parameters of one shape share no number.
    let (a, b) = try (draw(1)[0], draw(1)[2])
    #expect(zip(a, b).allSatisfy { $0 != $1 })
    #expect(Set(a).count > 2400)
  }
}
