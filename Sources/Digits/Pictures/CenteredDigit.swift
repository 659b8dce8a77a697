/// A digit as MNIST's makers brought it to its size: cropped, fitted into 20x20 pixels, centred by its mass in 28x28.
public struct CenteredDigit: Equatable, Sendable {
  /// One byte per pixel, row by row, 0 paper and 255 ink.
  public let pixels: [UInt8]

  /// Anything darker is paper: the faint edge of a stroke does not widen the crop.
  private static let inkThreshold: UInt8 = 32

  /// The digit of a clean `picture`, white ink on black, for a network that reads `height` x `width`.
  ///
  /// Sizes other than 28 keep MNIST's proportions. nil where there is no ink.
  public init?(_ picture: PGM, height: Int = 28, width: Int = 28) {
    guard let rows = Self.extent(picture.height, isInk: { Self.hasInk(picture, row: $0) }),
      let columns = Self.extent(picture.width, isInk: { Self.hasInk(picture, column: $0) })
    else { return nil }
    let box = max(1, min(height, width) * 20 / 28)
    let longest = max(rows.count, columns.count)
    let lines = Self.shares(of: rows, into: max(1, (rows.count * box + longest / 2) / longest))
    let stacks = Self.shares(of: columns, into: max(1, (columns.count * box + longest / 2) / longest))
    let ink = GrayMap(
      width: stacks.count, height: lines.count,
      values: lines.flatMap { line in stacks.map { Self.average(picture, line, $0) } })
    pixels = ink.centered(width: width, height: height).values.map { UInt8(min(255, $0.rounded())) }
  }

  private static func hasInk(_ picture: PGM, row: Int) -> Bool {
    picture.pixels[row * picture.width..<(row + 1) * picture.width].contains { $0 >= inkThreshold }
  }

  private static func hasInk(_ picture: PGM, column: Int) -> Bool {
    stride(from: column, to: picture.pixels.count, by: picture.width)
      .contains { picture.pixels[$0] >= inkThreshold }
  }

  /// From the first to the last line with ink.
  private static func extent(_ count: Int, isInk: (Int) -> Bool) -> Range<Int>? {
    guard let first = (0..<count).first(where: isInk), let last = (0..<count).last(where: isInk) else {
      return nil
    }
    return first..<last + 1
  }

  /// Old lines under one new line, and how much of each.
  private typealias Share = [(index: Int, weight: Float)]

  /// Cuts a range of lines into `count` equal pieces.
  private static func shares(of range: Range<Int>, into count: Int) -> [Share] {
    let step = Float(range.count) / Float(count)
    return (0..<count).map { piece in
      let (start, end) = (Float(piece) * step, Float(piece + 1) * step)
      return (Int(start)..<min(range.count, Int(end.rounded(.up)))).map { line in
        (range.lowerBound + line, (min(end, Float(line + 1)) - max(start, Float(line))) / step)
      }
    }
  }

  private static func average(_ picture: PGM, _ rows: Share, _ columns: Share) -> Float {
    rows.reduce(0) { sum, row in
      let line = row.index * picture.width
      return sum + row.weight
        * columns.reduce(0) { $0 + $1.weight * Float(picture.pixels[line + $1.index]) }
    }
  }
}
