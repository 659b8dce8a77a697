import ConfigDecoding
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Turns the picture about its middle, counterclockwise where the angle is positive.
struct Rotate: SpatialTransform {
  let degrees: ClosedRange<Double>

  init(_ decoder: ConfigDecoder) {
    degrees = decoder.value(
      "degrees", .range(around: 0, within: -180...180), default: JSON(10),
      "The angle: d for -d to d, or [least, most].")
  }

  func move(_ warp: inout Warp, _ random: CounterRandom) {
    let angle = random.uniform(in: degrees, at: 1) * .pi / 180
    // Rows count downwards; a pixel is read from where it was before it turned.
    warp.map.follow(AffineMap(xx: cos(angle), xy: -sin(angle), yx: sin(angle), yy: cos(angle)))
  }
}
