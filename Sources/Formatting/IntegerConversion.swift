// From floating point to integers. The standard library's conversions end the program for a number that is not finite or
// too large, so these are the only ones outside of the engine's kernels; scripts/check-sil sees to it.

extension FixedWidthInteger {
  /// The number without its fraction, clamped to the range of the type; 0 for NaN.
  @inlinable
  package init(clamping number: Double) {
    // 2^63 is exact; both comparisons are false for NaN.
    if number > -0x1p63, number < 0x1p63 {
      self.init(clamping: Int64(number))
    } else {
      self = number > 0 ? .max : number < 0 ? .min : 0
    }
  }

  /// The number without its fraction, clamped to the range of the type; 0 for NaN.
  @inlinable
  package init(clamping number: Float) { self.init(clamping: Double(number)) }

  /// The integer that a number is; nil for one with a fraction, beyond the range of the type, infinity and NaN.
  @inlinable
  package init?(whole number: Double) {
    guard number >= -0x1p63, number < 0x1p63, number == number.rounded(.towardZero) else { return nil }
    self.init(exactly: Int64(number))
  }
}
