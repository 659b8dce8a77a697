import Testing
import TestSupport

/// Expects that `actual` deviates from `expected` nowhere by more than `tolerance` times `scale`.
///
/// `scale` has one number for each element, or one for all. A NaN is a deviation.
func expectClose(
  _ actual: [Float], _ expected: [Double], scale: [Double], tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count, !scale.isEmpty else {
    Issue.record(
      "\(what): \(actual.count) numbers instead of \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  var worst = (index: 0, deviation: 0.0)
  for index in actual.indices {
    let allowed = tolerance * (scale.count == 1 ? scale[0] : scale[index]) + 1e-30
    let deviation = abs(Double(actual[index]) - expected[index]) / allowed
    if !(deviation <= worst.deviation) { worst = (index, deviation.isNaN ? .infinity : deviation) }
  }
  if worst.deviation > 1 {
    Issue.record(
      """
      \(what)[\(worst.index)] of \(actual.count): \(actual[worst.index]) instead of \
      \(expected[worst.index]), \(worst.deviation) times the tolerance of \(tolerance)
      """, sourceLocation: sourceLocation)
  }
}

/// Expects closeness relative to the largest of the expected numbers.
func expectClose(
  _ actual: [Float], _ expected: [Float], tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let expected = expected.map(Double.init)
  let largest = expected.reduce(0) { max($0, abs($1)) }
  expectClose(
    actual, expected, scale: [largest], tolerance: tolerance, what, sourceLocation: sourceLocation)
}

extension [Float] {
  var doubles: [Double] { map(Double.init) }
}

extension [Double] {
  var absolute: [Double] { map { abs($0) } }
}

/// Compares outputs and gradients of a layer with those of its reference kernel, to within 1e-6 of the sum of the
/// products' absolute values; `parameters` are the weights and, if there is one, the bias.
func expectEqual(
  _ reference: some ReferenceKernel, x: [Float], dy: [Float], parameters: [[Float]], y: [Float],
  _ gradients: (dx: [Float], parameters: [[Float]]), sourceLocation: SourceLocation = #_sourceLocation
) {
  func expect(_ values: [Float], _ expected: [Double], scale: [Double], _ name: String) {
    expectClose(values, expected, scale: scale, tolerance: 1e-6, name, sourceLocation: sourceLocation)
  }
  let (x, dy, w) = (x.doubles, dy.doubles, parameters[0].doubles)
  let b = parameters.count > 1 ? parameters[1].doubles : nil
  expect(
    y, reference.forward(x: x, weights: w, bias: b),
    scale: reference.forward(x: x.absolute, weights: w.absolute, bias: b?.absolute), "y")
  expect(
    gradients.dx, reference.inputGradient(dy: dy, weights: w),
    scale: reference.inputGradient(dy: dy.absolute, weights: w.absolute), "dx")
  expect(
    gradients.parameters[0], reference.weightGradient(dy: dy, x: x),
    scale: reference.weightGradient(dy: dy.absolute, x: x.absolute), "dw")
  guard b != nil else { return }
  expect(
    gradients.parameters[1], reference.biasGradient(dy: dy), scale: reference.biasGradient(dy: dy.absolute),
    "db")
}
