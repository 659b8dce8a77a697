import ConfigDecoding
import CSIMD
import Formatting
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Covers a random rectangle with one gray level (Zhong et al., "Random erasing", AAAI 2020).
public struct Erase: PixelTransform {
  /// The part of the image that is covered.
  public let size: ClosedRange<Double>
  /// Height / width of the rectangle.
  public let ratio: ClosedRange<Double>
  /// The gray level, from 0 (black) to 1 (white).
  public let value: Double

  /// Half of the images, as in the paper.
  public static var defaultProbability: Double { 0.5 }

  /// A rectangle of a random size and aspect ratio.
  public init(
    size: ClosedRange<Double> = 0.02...0.33, ratio: ClosedRange<Double> = 0.3...3.3, value: Double = 0
  ) {
    (self.size, self.ratio, self.value) = (size, ratio, value)
  }

  /// Reads `size`, `ratio` and `value`.
  public init(decoding decoder: ConfigDecoder) {
    size = decoder.value(
      "size", .range(within: 0...1), default: [0.02, 0.33],
      "Part of the image that is covered, [least, most].")
    ratio = decoder.value(
      "ratio", .range(within: 0.01...100), default: [0.3, 3.3],
      "Height / width of the rectangle, [least, most].")
    value = decoder.value(
      "value", .number(.within(0...1)), default: JSON(0), "Its gray level, from 0 (black) to 1 (white).")
  }

  func apply(to image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom) {
    let area = random.uniform(in: size, at: 1) * Double(shape.height * shape.width)
    let ratio = exp(random.uniform(in: log(self.ratio.lowerBound)...log(self.ratio.upperBound), at: 2))
    let height = min(Int(clamping: (area * ratio).squareRoot().rounded()), shape.height)
    let width = min(Int(clamping: (area / ratio).squareRoot().rounded()), shape.width)
    let top = random.below(shape.height - height + 1, at: 3)
    let left = random.below(shape.width - width + 1, at: 4)
    let level = UInt8(clamping: value * 255 + 0.5)
    for channel in 0..<shape.channels {
      for row in top..<top + height {
        let line = image + (channel * shape.height + row) * shape.width + left
        line.update(repeating: level, count: width)
      }
    }
  }
}
