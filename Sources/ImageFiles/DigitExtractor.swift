/// Finds the digit in a photo or scan.
enum DigitExtractor {
  /// A picture without a digit.
  struct Failure: Error, CustomStringConvertible {
    /// The reason for a user.
    let description: String
  }

  /// Larger pictures are reduced to this many pixels along their longer side.
  private static let workingSide = 800
  /// The minimum difference of ink and background, on a scale from black to white.
  private static let minimumContrast: Float = 0.08

  /// The digit of a picture of any size, gray or RGB: its ink from 0 to 1, cropped.
  ///
  /// Throws if there is none.
  static func digit(in picture: Images) throws(Failure) -> GrayImage {
    let brightness = GrayImage(picture, side: workingSide)
    let smooth = brightness.blurred(radius: max(brightness.width, brightness.height) >= 300 ? 1 : 0)
    let ink = InkMap.ink(smooth)
    let darkest = ink.quantile(0.9995)
    guard darkest >= minimumContrast else { throw Failure(description: "the picture is blank") }
    let clean = RuledLines.removed(from: ink, threshold: darkest / 4)
    let components = ConnectedComponent.digit(
      among: ConnectedComponent.all(in: clean, threshold: max(darkest * 0.4, minimumContrast / 2)))
    let extent = components.first?.extent ?? 0
    guard extent >= 4, extent * 40 >= min(ink.width, ink.height) else {
      throw Failure(description: "there are only specks in the picture")
    }
    return crop(components, of: clean)
  }

  /// The ink of some components with its soft edges, scaled so that their mean is full ink.
  private static func crop(_ components: [ConnectedComponent], of ink: GrayImage) -> GrayImage {
    var mask = GrayImage(width: ink.width, height: ink.height, values: ink.values.map { _ in 0 })
    var (sum, count): (Float, Float) = (0, 0)
    for pixel in components.flatMap(\.pixels) {
      mask.values[pixel] = 1
      (sum, count) = (sum + ink.values[pixel], count + 1)
    }
    let full = sum / max(count, 1)
    let margin = 2
    let rows = span(components.map(\.rows), margin, ink.height),
      columns = span(components.map(\.columns), margin, ink.width)
    let near = mask.cropped(rows: rows, columns: columns).dilated(radius: margin)
    var digit = ink.cropped(rows: rows, columns: columns)
    for index in digit.values.indices {
      digit.values[index] = near.values[index] * min(max((digit.values[index] / full - 0.25) * 2, 0), 1)
    }
    return digit.trimmed(from: 0.1) ?? digit
  }

  /// The union of `ranges` with a margin, within 0 ..< `end`.
  private static func span(_ ranges: [ClosedRange<Int>], _ margin: Int, _ end: Int) -> Range<Int> {
    let first = ranges.map(\.lowerBound).min() ?? 0
    let last = ranges.map(\.upperBound).max() ?? 0
    return max(0, first - margin)..<min(end, last + margin + 1)
  }
}
