import Testing

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
