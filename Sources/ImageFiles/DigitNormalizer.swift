import Formatting

/// Makes of any picture of a digit one as MNIST's makers did: white on black, in a box of 20x20 pixels, its mass
/// in the middle of 28x28, or all of it in proportion.
public struct DigitNormalizer: Sendable {
  /// What comes out: gray, in pixels.
  public let size: (width: Int, height: Int)

  /// Why there is no digit in a picture.
  public struct Blank: Error, CustomStringConvertible, Sendable {
    /// A sentence for a user.
    public let description: String
  }

  /// The picture is looked at with at most this many pixels along its longer side.
  static let workingSide = 800
  /// Ink that differs less from the paper is no ink, on a scale from black to white.
  private static let leastContrast: Float = 0.08
  /// MNIST's pens are at least this many pixels wide.
  private static let thinnest: Float = 2

  /// The side of the square that a digit fills in a picture: 20 pixels of MNIST's 28.
  static func box(width: Int, height: Int) -> Int { max(1, (min(width, height) * 20 + 14) / 28) }

  /// A normalizer for networks that read gray pictures of `width` x `height` pixels.
  public init(width: Int, height: Int) { size = (width, height) }

  /// Whether a picture is in MNIST's style already: of the right size, gray, bright on black.
  public func isNormalized(_ picture: Images) -> Bool {
    guard picture.count == 1, picture.shape == ImageShape(height: size.height, width: size.width) else {
      return false
    }
    let map = GrayImage(picture, side: max(size.width, size.height))
    let edge = map.values.indices.filter { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: size.width)
      return row == 0 || column == 0 || row == size.height - 1 || column == size.width - 1
    }
    let black: Float = 16 / 255
    return map.quantile(0.5) <= black && map.quantile(1) >= 0.5
      && edge.reduce(0) { $0 + map.values[$1] } <= black * Float(edge.count)
  }

  /// The digit in a picture of any size, gray or RGB.
  ///
  /// Throws `Blank` if there is none to be seen.
  public func normalize(_ picture: Images) throws(Blank) -> Images {
    let brightness = GrayImage(picture, side: Self.workingSide)
    let smooth = brightness.blurred(radius: max(brightness.width, brightness.height) >= 300 ? 1 : 0)
    let digit = try Self.digit(in: InkMap.ink(smooth))
    let box = Self.box(width: size.width, height: size.height)
    let fine = digit.resized(into: min(max(digit.width, digit.height), 8 * box))
    return centered(Self.thickened(fine, box: box).resized(into: box))
  }

  /// The digit alone: its ink from 0 to 1, cut out with nothing around it.
  static func digit(in ink: GrayImage) throws(Blank) -> GrayImage {
    let darkest = ink.quantile(0.9995)
    guard darkest >= leastContrast else { throw Blank(description: "the picture is blank") }
    let clean = RuledLines.removed(from: ink, threshold: darkest / 4)
    let parts = InkComponent.digit(
      among: InkComponent.all(in: clean, threshold: max(darkest * 0.4, leastContrast / 2)))
    let extent = parts.first?.extent ?? 0
    guard extent >= 4, extent * 40 >= min(ink.width, ink.height) else {
      throw Blank(description: "there are only specks in the picture")
    }
    return cutOut(parts, of: clean)
  }

  /// The ink of some components with its soft edges, stretched so that their mean is full ink.
  private static func cutOut(_ parts: [InkComponent], of ink: GrayImage) -> GrayImage {
    var chosen = GrayImage(width: ink.width, height: ink.height, values: ink.values.map { _ in 0 })
    var (sum, count): (Float, Float) = (0, 0)
    for pixel in parts.flatMap(\.pixels) {
      chosen.values[pixel] = 1
      (sum, count) = (sum + ink.values[pixel], count + 1)
    }
    let full = sum / max(count, 1)
    let edge = 2
    let rows = span(parts.map(\.rows), edge, ink.height),
      columns = span(parts.map(\.columns), edge, ink.width)
    let near = chosen.cropped(rows: rows, columns: columns).dilated(radius: edge)
    var digit = ink.cropped(rows: rows, columns: columns)
    for index in digit.values.indices {
      digit.values[index] = near.values[index] * min(max((digit.values[index] / full - 0.25) * 2, 0), 1)
    }
    return digit.trimmed(from: 0.1) ?? digit
  }

  private static func span(_ ranges: [ClosedRange<Int>], _ margin: Int, _ end: Int) -> Range<Int> {
    let first = ranges.map(\.lowerBound).min() ?? 0
    let last = ranges.map(\.upperBound).max() ?? 0
    return max(0, first - margin)..<min(end, last + margin + 1)
  }

  /// The digit written with a thicker pen, where it would be thinner than MNIST's in a box of `box` pixels.
  package static func thickened(_ digit: GrayImage, box: Int) -> GrayImage {
    let missing = thinnest / 20 * Float(max(digit.width, digit.height)) - digit.penWidth
    let radius = Int((missing / 2).rounded())
    return radius < 1 ? digit : digit.padded(radius).dilated(radius: radius)
  }

  /// The digit in the middle of the picture, its brightest pixel white.
  private func centered(_ digit: GrayImage) -> Images {
    let brightest = max(digit.values.reduce(0, max), 1e-6)
    let pixels = digit.centered(width: size.width, height: size.height).values.map {
      UInt8($0 / brightest * 255 + 0.5)
    }
    return Images(pixels: pixels, shape: ImageShape(height: size.height, width: size.width))
  }
}

extension GrayImage {
  /// Without the rows and columns around that have no number of `least` or more; nil where there is none at all.
  func trimmed(from least: Float) -> GrayImage? {
    let inked = values.indices.filter { values[$0] >= least }
    let rows = inked.map { $0 / width }, columns = inked.map { $0 % width }
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(), let right = columns.max()
    else { return nil }
    return cropped(rows: top..<bottom + 1, columns: left..<right + 1)
  }

  /// With `margin` empty pixels on each side.
  func padded(_ margin: Int) -> GrayImage {
    placed(row: margin, column: margin, width: width + 2 * margin, height: height + 2 * margin)
  }

  /// The map with its mass in the middle of one of `width` x `height` pixels that holds it, moved by whole pixels.
  func centered(width newWidth: Int, height newHeight: Int) -> GrayImage {
    var (mass, moment): (Float, SIMD2<Float>) = (0, .zero)
    for row in 0..<height {
      for column in 0..<width {
        mass += self[row, column]
        moment += self[row, column] * SIMD2(Float(row), Float(column))
      }
    }
    let middle = moment / max(mass, 1e-6)
    return placed(
      row: min(max(newHeight / 2 - Int(middle.x.rounded()), 0), newHeight - height),
      column: min(max(newWidth / 2 - Int(middle.y.rounded()), 0), newWidth - width), width: newWidth,
      height: newHeight)
  }

  /// The map from some row and column on in an empty one.
  private func placed(row top: Int, column left: Int, width newWidth: Int, height newHeight: Int) -> GrayImage
  {
    var result = GrayImage(
      width: newWidth, height: newHeight, values: [Float](repeating: 0, count: newWidth * newHeight))
    for row in 0..<height {
      for column in 0..<width { result[top + row, left + column] = self[row, column] }
    }
    return result
  }

  /// The mean width of its strokes in pixels: twice the area for the length of their outline.
  package var penWidth: Float {
    var (area, outline): (Float, Float) = (0, 0)
    for row in 0..<height {
      for column in 0..<width {
        let value = self[row, column]
        area += value
        let right = column + 1 < width ? self[row, column + 1] : 0
        let below = row + 1 < height ? self[row + 1, column] : 0
        outline += ((right - value) * (right - value) + (below - value) * (below - value)).squareRoot()
        if column == 0 { outline += value }
        if row == 0 { outline += value }
      }
    }
    return outline > 0 ? 2 * area / outline : 0
  }

  /// Scaled to fit a square of `box` pixels, its aspect kept.
  func resized(into box: Int) -> GrayImage {
    let longest = max(width, height)
    func length(_ side: Int) -> Int { max(1, Int((Float(side) * Float(box) / Float(longest)).rounded())) }
    return resized(width: length(width), height: length(height))
  }
}
