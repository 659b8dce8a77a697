import ConfigDecoding
import Randomness

/// A range of angles in degrees from which one is drawn uniformly.
struct AngleRange: Sendable {
  let degrees: ClosedRange<Double>

  /// Reads `degrees`: d for -d to d, or [least, most].
  init(decoding decoder: ConfigDecoder, within bounds: ClosedRange<Double>, _ help: String) {
    degrees = decoder.value(
      "degrees", .range(around: 0, within: bounds), default: JSON(10),
      "\(help): d for -d to d, or [least, most].")
  }

  init(_ degrees: ClosedRange<Double>) { self.degrees = degrees }

  /// A random angle in radians.
  func radians(_ random: CounterRandom) -> Double { random.uniform(in: degrees, at: 1) * .pi / 180 }
}
