import ConfigDecoding
import Randomness

/// Makes the picture larger or smaller about its middle, in both directions alike.
struct Scale: SpatialTransform {
  let factor: ClosedRange<Double>

  init(_ decoder: ConfigDecoder) {
    factor = decoder.value(
      "range", .range(around: 1, within: 0.1...10), default: [0.9, 1.1],
      "The factor: r for 1 - r to 1 + r, or [least, most].")
  }

  func move(_ warp: inout Warp, _ random: CounterRandom) {
    let inverse = 1 / random.uniform(in: factor, at: 1)
    warp.map.follow(AffineMap(xx: inverse, yy: inverse))
  }
}
