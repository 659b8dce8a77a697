import Formatting

/// Pixels as numbers, of which a source does not say whether they are from 0 to 1 or from 0 to 255.
///
/// A fraction while nothing was above 1 means 0 to 1; the pixels before it were 0 or 1 and become 0 or 255. A value above
/// 1 means 0 to 255.
struct PixelScale {
  enum Range: Sendable {
    /// All values so far are 0 or 1.
    case undecided
    /// From 0 to 1.
    case unit
    /// From 0 to 255.
    case levels
  }

  private(set) var range: Range
  /// Whether values above 1 came after fractions below it: everything must be read again as levels.
  private(set) var isContradicted = false

  init(_ range: Range = .undecided) { self.range = range }

  /// The byte for `value`; nil if it is not from 0 to 255. `earlier` are the pixels so far.
  mutating func byte(_ value: Double, after earlier: inout [UInt8]) -> UInt8? {
    guard value >= 0, value <= 255 else { return nil }
    if range == .unit, value <= 1 { return UInt8(clamping: value * 255 + 0.5) }
    if range == .levels { return UInt8(clamping: value + 0.5) }
    return firstOfRange(value, &earlier)
  }

  private mutating func firstOfRange(_ value: Double, _ earlier: inout [UInt8]) -> UInt8 {
    if range == .unit {
      isContradicted = true
      return 0
    }
    if value == 0 { return 0 }
    if value == 1 { return 1 }
    range = value > 1 ? .levels : .unit
    if range == .levels { return UInt8(clamping: value + 0.5) }
    for index in earlier.indices where earlier[index] != 0 { earlier[index] = 255 }
    return UInt8(clamping: value * 255 + 0.5)
  }

  /// Notes that whole numbers were stored as they are, while the range was not `unit`; `brightest` is the largest.
  mutating func noteLevels(upTo brightest: UInt8) {
    if brightest > 1, range == .undecided { range = .levels }
  }

  /// Scales pixels of which all are 0 or 1, black and white; returns whether they are.
  mutating func finish(_ pixels: inout [UInt8]) -> Bool {
    guard range == .undecided, pixels.contains(1) else { return false }
    for index in pixels.indices where pixels[index] != 0 { pixels[index] = 255 }
    range = .unit
    return true
  }
}
