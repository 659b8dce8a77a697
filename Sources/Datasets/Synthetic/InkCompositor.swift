import Formatting

/// Composites ink of a random colour over a random background: a linear gradient between two colours, with noise.
package struct InkCompositor {
  /// The colour of the ink, [R, G, B] from 0 to 1.
  package let ink: SIMD3<Float>
  /// The start colour of the gradient, which may be slightly outside 0 to 1.
  package let from: SIMD3<Float>
  /// The end colour of the gradient.
  package let to: SIMD3<Float>
  private let direction: SIMD2<Float>
  private let noise: Float

  /// Random colours; the luminance of the ink differs by at least 0.35 from that of the base colour of the background.
  package init(random: inout RandomStream) {
    func color() -> SIMD3<Float> {
      SIMD3(random.uniform(0, 1), random.uniform(0, 1), random.uniform(0, 1))
    }
    let base = color()
    from = base + 0.3 * (color() - 0.5)
    to = base + 0.3 * (color() - 0.5)
    var ink = color()
    let minimumContrast: Float = 0.35
    let contrast = Self.luminance(ink) - Self.luminance(base)
    if abs(contrast) < minimumContrast {
      // The ink is mixed with white or black, whichever has the larger contrast to the background.
      let end = SIMD3<Float>(repeating: Self.luminance(base) < 0.5 ? 1 : 0)
      let full = Self.luminance(end) - Self.luminance(base)
      let signed = full < 0 ? -contrast : contrast
      ink += (end - ink) * ((minimumContrast - signed) / (abs(full) - signed))
    }
    self.ink = ink
    direction = SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
    noise = random.uniform(0, 0.12)
  }

  /// The luma of a colour, 0 to 1 (Rec. 601).
  package static func luminance(_ color: SIMD3<Float>) -> Float {
    (color * SIMD3(0.299, 0.587, 0.114)).sum()
  }

  /// Composites ink with `coverage` ([H, W], 0 to 1) over the background into `pixels` ([3, H, W]).
  func composite(
    _ coverage: UnsafeMutableBufferPointer<Float>, into pixels: UnsafeMutableBufferPointer<UInt8>, size: Int,
    random: inout RandomStream
  ) {
    let plane = size * size
    for row in 0..<size {
      for column in 0..<size {
        let position = SIMD2(Float(column), Float(row)) / Float(size) - 0.5
        let background = from + (to - from) * (0.5 + 0.5 * (position * direction).sum())
        let pixel = row * size + column
        var color = background + (ink - background) * coverage[pixel]
        let word = random.bits()
        let grain = SIMD3(Float(word & 0xFFFF), Float(word >> 16 & 0xFFFF), Float(word >> 32 & 0xFFFF))
        color += (grain * 0x1p-16 - 0.5) * noise
        for channel in 0..<3 {
          pixels[channel * plane + pixel] = UInt8(clamping: min(max(color[channel], 0), 1) * 255 + 0.5)
        }
      }
    }
  }
}
