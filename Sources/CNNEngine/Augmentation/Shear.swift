import ConfigDecoding
import Randomness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shears an image sideways about its middle row, to the right for positive angles.
public struct Shear: SpatialTransform {
  private let angles: AngleRange

  /// A shear by an angle of the range, in degrees.
  public init(degrees: ClosedRange<Double> = -10...10) { angles = AngleRange(degrees) }

  /// Reads `degrees`.
  public init(decoding decoder: ConfigDecoder) {
    angles = AngleRange(decoding: decoder, within: -80...80, "The angle of the slant")
  }

  func apply(to warp: inout Warp, _ random: CounterRandom) {
    warp.map.append(AffineMap(xy: tan(angles.radians(random))))
  }
}
