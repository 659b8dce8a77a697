import Formatting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension Images {
  /// One picture from interleaved pixels with alpha, [H, W, C + 1], as codecs return them.
  ///
  /// The background of transparent pixels is white, or black if the picture would be all white, as for PNG.
  ///
  /// - Parameters:
  ///   - shape: the shape without alpha.
  ///   - isPremultiplied: whether the colours are multiplied with alpha.
  init(interleaved pixels: [UInt8], withAlphaBeside shape: ImageShape, isPremultiplied: Bool = false) {
    let stride = shape.channels + 1
    func over(_ shade: UInt8) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: shape.size) { result, initialized in
        for pixel in 0..<shape.height * shape.width {
          let alpha = pixels[pixel * stride + shape.channels]
          for channel in 0..<shape.channels {
            var value = pixels[pixel * stride + channel]
            if isPremultiplied, alpha > 0 {
              value = UInt8(min(255, (Int(value) * 255 + Int(alpha) / 2) / Int(alpha)))
            }
            result[pixel * shape.channels + channel] =
              switch alpha {
              case 255: value
              case 0: shade
              default: Self.mixed(value, alpha, shade)
              }
          }
        }
        initialized = shape.size
      }
    }
    var result = over(255)
    if result.allSatisfy({ $0 == 255 }) { result = over(0) }
    self.init(interleaved: result, shape: shape)
  }

  /// A value over a shade, mixed as light is: in linear values of sRGB.
  private static func mixed(_ value: UInt8, _ alpha: UInt8, _ shade: UInt8) -> UInt8 {
    let fraction = Float(alpha) / 255
    let light = fraction * linear[Int(value)] + (1 - fraction) * linear[Int(shade)]
    return encoded[Int(clamping: light * Float(encoded.count - 1) + 0.5)]
  }

  /// The linear value of each byte of sRGB, 0 to 1.
  private static let linear: [Float] = (0...255).map { byte in
    let value = Float(byte) / 255
    return value <= 0.04045 ? value / 12.92 : powf((value + 0.055) / 1.055, 2.4)
  }

  /// The byte of sRGB for each of 65,536 linear values from 0 to 1.
  private static let encoded: [UInt8] = (0..<65_536).map { step in
    let light = Float(step) / 65_535
    let value = light <= 0.0031308 ? 12.92 * light : 1.055 * powf(light, 1 / 2.4) - 0.055
    return UInt8(clamping: value * 255 + 0.5)
  }
}
