import Configuration
import Randomness

/// Adds noise to every byte; what falls below black or above white is cut off.
///
/// It is the sum of four uniform numbers, close to a normal one, and at most 3.5 standard deviations.
struct Noise: PaintingChange {
  let deviation: Double

  init(_ reader: ObjectReader) {
    deviation = reader.value(
      "std", .number(.within(0...1)), default: JSON(0.1), "Standard deviation, where white is 1.")
  }

  /// A draw of 64 bits serves two bytes, one in each half of the image.
  func paint(_ image: UnsafeMutablePointer<UInt8>, _ shape: Shape, _ random: CounterRandom) {
    let (count, lanes) = (shape.count, LaneCPU.laneCount)
    let half = (count + 1) / 2
    var place = RandomLanes()
    for lane in 0..<lanes { place[lane] = UInt32(lane) &+ 1 }
    for first in stride(from: 0, to: half, by: lanes) {
      let (a, b) = RandomLanes.threefry(key: random.key, place, RandomLanes())
      add(a, to: image + first, count: min(lanes, half - first))
      add(b, to: image + half + first, count: min(lanes, count - half - first))
      place &+= RandomLanes(repeating: UInt32(lanes))
    }
  }

  /// The standard deviation of the sum of four uniform bytes.
  private static let deviationOfSum = ((65_536.0 - 1) / 3).squareRoot()

  @inline(__always)
  private func add(_ bits: RandomLanes, to bytes: UnsafeMutablePointer<UInt8>, count: Int) {
    var sum = RandomLanes()
    for shift in 0..<4 as Range<UInt32> {
      sum &+= (bits &>> RandomLanes(repeating: 8 &* shift)) & RandomLanes(repeating: 255)
    }
    let factor = Float(deviation * 255 / Self.deviationOfSum)
    for lane in 0..<max(count, 0) {
      let value = Float(bytes[lane]) + (Float(sum[lane]) - 510) * factor
      bytes[lane] = UInt8(min(max(value, 0), 255) + 0.5)
    }
  }
}
