import ConfigDecoding
import CSIMD
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Covers a rectangle somewhere in the picture with one shade (Zhong et al., "Random erasing", AAAI 2020).
struct Erase: PixelTransform {
  let size: ClosedRange<Double>
  let ratio: ClosedRange<Double>
  let value: Double

  static var usualProbability: Double { 0.5 }

  init(_ decoder: ConfigDecoder) {
    size = decoder.value(
      "size", .range(within: 0...1), default: [0.02, 0.33],
      "Part of the image that is covered, [least, most].")
    ratio = decoder.value(
      "ratio", .range(within: 0.01...100), default: [0.3, 3.3],
      "Height / width of the rectangle, [least, most].")
    value = decoder.value(
      "value", .number(.within(0...1)), default: JSON(0), "Its shade, from 0 (black) to 1 (white).")
  }

  func paint(_ image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom) {
    let area = random.uniform(in: size, at: 1) * Double(shape.height * shape.width)
    let ratio = exp(random.uniform(in: log(self.ratio.lowerBound)...log(self.ratio.upperBound), at: 2))
    let height = min(Int((area * ratio).squareRoot().rounded()), shape.height)
    let width = min(Int((area / ratio).squareRoot().rounded()), shape.width)
    let top = random.below(shape.height - height + 1, at: 3)
    let left = random.below(shape.width - width + 1, at: 4)
    let shade = UInt8(value * 255 + 0.5)
    for channel in 0..<shape.channels {
      for row in top..<top + height {
        let line = image + (channel * shape.height + row) * shape.width + left
        line.update(repeating: shade, count: width)
      }
    }
  }
}
