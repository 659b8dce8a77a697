import ConfigDecoding
import CSIMD
import Randomness

/// Adds noise to every pixel; results are clamped to black and white.
///
/// The noise is the sum of four uniform values: nearly a normal distribution, of at most 3.5 standard deviations.
public struct Noise: PixelTransform {
  /// The standard deviation, where white is 1.
  public let deviation: Double

  /// Noise of a standard deviation.
  public init(deviation: Double = 0.1) { self.deviation = deviation }

  /// Reads `std`.
  public init(decoding decoder: ConfigDecoder) {
    deviation = decoder.value(
      "std", .number(.within(0...1)), default: JSON(0.1), "Standard deviation, where white is 1.")
  }

  /// A random number of 64 bits serves two pixels, one in each half of the image.
  func apply(to image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom) {
    let (count, lanes) = (shape.count, CPUFeatures.laneCount)
    let half = (count + 1) / 2
    var counter = RandomLanes()
    for lane in 0..<lanes { counter[lane] = UInt32(lane) &+ 1 }
    for first in stride(from: 0, to: half, by: lanes) {
      let (a, b) = RandomLanes.threefry(key: random.key, counter, RandomLanes())
      add(a, to: image + first, count: half - first)
      add(b, to: image + half + first, count: count - half - first)
      counter &+= RandomLanes(repeating: UInt32(lanes))
    }
  }

  /// The standard deviation of the sum of four uniform bytes.
  private static let deviationOfSum = ((65_536.0 - 1) / 3).squareRoot()

  @inline(__always)
  private func add(_ bits: RandomLanes, to bytes: UnsafeMutablePointer<UInt8>, count: Int) {
    let lanes = CPUFeatures.laneCount
    let bits = unsafeBitCast(bits, to: IntegerLanes.self)
    let sum = (bits & 255) &+ ((bits &>> 8) & 255) &+ ((bits &>> 16) & 255) &+ ((bits &>> 24) & 255)
    let noise = lanes_of_integers(sum &- 510) * Float(deviation * 255 / Self.deviationOfSum)
    if count >= lanes {
      store_lanes_as_bytes(Self.byte(lanes_of_integers(lanes_of_bytes(bytes)) + noise), bytes, Int64(lanes))
    } else if count > 0 {
      var rest = IntegerLanes()
      for lane in 0..<count { rest[lane] = Int32(bytes[lane]) }
      store_lanes_as_bytes(Self.byte(lanes_of_integers(rest) + noise), bytes, Int64(count))
    }
  }

  /// `x` rounded and clamped to a byte.
  @inline(__always)
  private static func byte(_ x: Lanes) -> IntegerLanes {
    let positive = x.max(Lanes())
    return lanes_truncated(positive.replacing(with: 255, where: positive .> 255) + 0.5)
  }
}
