/// The colours of a picture: an ink, and a paper that fades from one colour to another and is a little noisy.
package struct Paper {
  /// The colour of the ink: red, green and blue, 0 to 1.
  package let ink: SIMD3<Float>
  /// The colour the paper fades from; it may lie a little outside of 0 to 1.
  package let from: SIMD3<Float>
  /// The colour the paper fades to.
  package let to: SIMD3<Float>
  private let fade: SIMD2<Float>
  private let noise: Float

  /// Random colours, the ink always much brighter or darker than the paper.
  package init(random: inout DigitRandom) {
    func color() -> SIMD3<Float> {
      SIMD3(random.uniform(0, 1), random.uniform(0, 1), random.uniform(0, 1))
    }
    let base = color()
    from = base + 0.3 * (color() - 0.5)
    to = base + 0.3 * (color() - 0.5)
    var ink = color()
    let wanted: Float = 0.35
    let contrast = Self.luminance(ink) - Self.luminance(base)
    if abs(contrast) < wanted {
      // White or black, whichever is further from the paper, is far enough; the ink is mixed with it.
      let end = SIMD3<Float>(repeating: Self.luminance(base) < 0.5 ? 1 : 0)
      let full = Self.luminance(end) - Self.luminance(base)
      let signed = full < 0 ? -contrast : contrast
      ink += (end - ink) * ((wanted - signed) / (abs(full) - signed))
    }
    self.ink = ink
    fade = SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
    noise = random.uniform(0, 0.12)
  }

  /// The brightness the eye sees, 0 to 1 (Rec. 601).
  package static func luminance(_ color: SIMD3<Float>) -> Float {
    (color * SIMD3(0.299, 0.587, 0.114)).sum()
  }

  /// Paints ink where `coverage` [H, W] says into `pixels` [3, H, W].
  func paint(
    _ coverage: UnsafeMutableBufferPointer<Float>, into pixels: UnsafeMutableBufferPointer<UInt8>, size: Int,
    random: inout DigitRandom
  ) {
    let plane = size * size
    for row in 0..<size {
      for column in 0..<size {
        let place = SIMD2(Float(column), Float(row)) / Float(size) - 0.5
        let paper = from + (to - from) * (0.5 + 0.5 * (place * fade).sum())
        let pixel = row * size + column
        var color = paper + (ink - paper) * coverage[pixel]
        let word = random.bits()
        let grain = SIMD3(Float(word & 0xFFFF), Float(word >> 16 & 0xFFFF), Float(word >> 32 & 0xFFFF))
        color += (grain * 0x1p-16 - 0.5) * noise
        for channel in 0..<3 {
          pixels[channel * plane + pixel] = UInt8(min(max(color[channel], 0), 1) * 255 + 0.5)
        }
      }
    }
  }
}
