import ConfigDecoding
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Slants the picture sideways about its middle row, to the right where the angle is positive.
struct Shear: SpatialTransform {
  let degrees: ClosedRange<Double>

  init(_ decoder: ConfigDecoder) {
    degrees = decoder.value(
      "degrees", .range(around: 0, within: -80...80), default: JSON(10),
      "The angle of the slant: d for -d to d, or [least, most].")
  }

  func move(_ warp: inout Warp, _ random: CounterRandom) {
    let angle = random.uniform(in: degrees, at: 1) * .pi / 180
    warp.map.follow(AffineMap(xy: tan(angle)))
  }
}
