import ConfigDecoding
import Testing
import TestSupport

/// The dense kernels against `ReferenceDense`.
@Suite struct DenseTests {
  static let cases: [(images: Int, features: Int, units: Int)] = {
    var draws = Draws(3)
    let features = Array(1...100) + [256, 784]
    let units = Array(1...33) + [100]
    // Every number of features and every number of units, each with drawn partners.
    return features.map { (draws.pick([1, 15, 16, 17, 100]), $0, draws.pick(units)) }
      + units.flatMap { unit in
        [1, 17, 100].map { ($0, draws.pick(features), unit) }
      } + [(100, 784, 100), (128, 256, 64), (33, 784, 33)]
  }()

  @Test(arguments: cases)
  func kernelsEqualPlainLoops(images: Int, features: Int, units: Int) throws {
    var draws = Draws(UInt64(features * 1000 + units))
    let hasBias = units % 5 != 0
    let probe = try makeProbe(
      [features], [["type": "dense", "units": JSON(units), "bias": JSON(hasBias)]], images: images + 20)
    let parameters = probe.model.parameters.map { draws.values($0.count) }
    probe.setParameters(parameters)
    _ = probe.forward(draws.values((images + 20) * features))
    _ = probe.backward(draws.values((images + 20) * units))

    let x = draws.values(images * features)
    let dy = draws.values(images * units)
    let y = probe.forward(x)
    let gradients = probe.backward(dy)
    expectEqual(
      ReferenceDense(images: images, features: features, units: units), x: x, dy: dy, parameters: parameters,
      y: y, gradients)
  }
}
