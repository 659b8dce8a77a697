#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logarithm of the gamma function of a positive number.
func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}

/// The regularized incomplete beta function I_x(a, b) of positive a and b, by its continued fraction.
///
/// - Parameter complement: 1 - x, which may be known more exactly than by subtraction.
func regularizedBeta(_ x: Double, _ a: Double, _ b: Double, complement: Double) -> Double {
  if x <= 0 { return 0 }
  if complement <= 0 { return 1 }
  // The fraction converges fast up to about the mean.
  if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(complement, b, a, complement: x) }
  let logFactor = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(complement)
  return exp(logFactor) / a * betaFraction(x, a, b)
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
  func nonzero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
  var numerator = 1.0
  var denominator = 1 / nonzero(1 - (a + b) * x / (a + 1))
  var fraction = denominator
  for step in 1..<100_000 {
    let m = Double(step)
    var change = 1.0
    for coefficient in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      denominator = 1 / nonzero(1 + coefficient * denominator)
      numerator = nonzero(1 + coefficient / numerator)
      change = denominator * numerator
      fraction *= change
    }
    if abs(change - 1) < 1e-15 { break }
  }
  return fraction
}
