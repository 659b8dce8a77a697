import ConfigDecoding
import CSIMD
import Randomness

/// Adds noise to every byte; what falls below black or above white is cut off.
///
/// It is the sum of four uniform numbers, close to a normal one, and at most 3.5 standard deviations.
struct Noise: PixelTransform {
  let deviation: Double

  init(_ decoder: ConfigDecoder) {
    deviation = decoder.value(
      "std", .number(.within(0...1)), default: JSON(0.1), "Standard deviation, where white is 1.")
  }

  /// A draw of 64 bits serves two bytes, one in each half of the image.
  func paint(_ image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom) {
    let (count, lanes) = (shape.count, CPUFeatures.laneCount)
    let half = (count + 1) / 2
    var place = RandomLanes()
    for lane in 0..<lanes { place[lane] = UInt32(lane) &+ 1 }
    for first in stride(from: 0, to: half, by: lanes) {
      let (a, b) = RandomLanes.threefry(key: random.key, place, RandomLanes())
      add(a, to: image + first, count: half - first)
      add(b, to: image + half + first, count: count - half - first)
      place &+= RandomLanes(repeating: UInt32(lanes))
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
      store_lanes_as_bytes(Self.shade(lanes_of_integers(lanes_of_bytes(bytes)) + noise), bytes, Int64(lanes))
    } else if count > 0 {
      var rest = IntegerLanes()
      for lane in 0..<count { rest[lane] = Int32(bytes[lane]) }
      store_lanes_as_bytes(Self.shade(lanes_of_integers(rest) + noise), bytes, Int64(count))
    }
  }

  /// The byte nearest to `x`.
  @inline(__always)
  private static func shade(_ x: Lanes) -> IntegerLanes {
    let visible = x.max(Lanes())
    return lanes_truncated(visible.replacing(with: 255, where: visible .> 255) + 0.5)
  }
}
