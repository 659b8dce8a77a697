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
    let plain = ReferenceDense(images: images, features: features, units: units)
    let (w, b) = (parameters[0].doubles, hasBias ? parameters[1].doubles : nil)
    expectClose(
      y, plain.forward(x: x.doubles, weights: w, bias: b),
      scale: plain.forward(x: x.doubles.absolute, weights: w.absolute, bias: b?.absolute),
      tolerance: tolerance, "y")
    expectClose(
      gradients.dx, plain.inputGradient(dy: dy.doubles, weights: w),
      scale: plain.inputGradient(dy: dy.doubles.absolute, weights: w.absolute), tolerance: tolerance, "dx")
    expectClose(
      gradients.parameters[0], plain.weightGradient(dy: dy.doubles, x: x.doubles),
      scale: plain.weightGradient(dy: dy.doubles.absolute, x: x.doubles.absolute), tolerance: tolerance,
      "dw")
    guard hasBias else { return }
    expectClose(
      gradients.parameters[1], plain.biasGradient(dy: dy.doubles),
      scale: plain.biasGradient(dy: dy.doubles.absolute), tolerance: tolerance, "db")
  }

  /// Of the sum of the products' absolute values.
  private let tolerance = 1e-6
}
