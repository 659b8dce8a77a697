import ConfigDecoding
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rotates an image about its centre, counterclockwise for positive angles.
public struct Rotate: SpatialTransform {
  private let angles: AngleRange

  /// A rotation by an angle of the range, in degrees.
  public init(degrees: ClosedRange<Double> = -10...10) { angles = AngleRange(degrees) }

  /// Reads `degrees`.
  public init(decoding decoder: ConfigDecoder) {
    angles = AngleRange(decoding: decoder, within: -180...180, "The angle")
  }

  func apply(to warp: inout Warp, _ random: CounterRandom) {
    let angle = angles.radians(random)
    // Rows count downwards; a pixel is sampled from where it was before the rotation.
    warp.map.append(AffineMap(xx: cos(angle), xy: -sin(angle), yx: sin(angle), yy: cos(angle)))
  }
}
