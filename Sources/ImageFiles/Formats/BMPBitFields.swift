/// Where the channels are in a pixel of 16 or 32 bits.
struct BMPBitFields: Equatable {
  /// One channel.
  private struct Field: Equatable {
    let shift: UInt32
    /// The largest value, 0 where there is no channel.
    let maximum: UInt32

    /// No channel.
    init() { (shift, maximum) = (0, 0) }

    /// The channel of `mask`, whose bits must be consecutive.
    init?(mask: UInt32) {
      shift = mask == 0 ? 0 : UInt32(mask.trailingZeroBitCount)
      maximum = mask >> shift
      guard maximum & (maximum &+ 1) == 0 else { return nil }
    }

    func value(_ pixel: UInt32) -> UInt8 {
      if maximum == 0 { return 0 }
      let value = UInt64(pixel >> shift & maximum)
      return UInt8((value * 255 + UInt64(maximum) / 2) / UInt64(maximum))
    }
  }

  /// Red, green and blue.
  private let colours: [Field]
  private let alpha: Field

  /// 16 bits without masks: 5 for each colour.
  static let highColour = BMPBitFields(red: 0x7C00, green: 0x3E0, blue: 0x1F)
  /// 32 bits without masks: 8 for each colour.
  static let trueColour = BMPBitFields(red: 0xFF0000, green: 0xFF00, blue: 0xFF)

  private init(red: UInt32, green: UInt32, blue: UInt32) {
    colours = [red, green, blue].compactMap { Field(mask: $0) }
    alpha = Field()
  }

  /// Masks of red, green, blue and, where there are four, alpha; nil unless they are apart and within `bits` bits.
  init?(masks: [UInt32], bits: Int) {
    var taken: UInt32 = bits == 32 ? 0 : ~0 << UInt32(bits)
    var fields: [Field] = []
    for mask in masks {
      guard mask & taken == 0, let field = Field(mask: mask) else { return nil }
      taken |= mask
      fields.append(field)
    }
    guard fields.count >= 3, fields[..<3].contains(where: { $0.maximum > 0 }) else { return nil }
    colours = Array(fields[..<3])
    alpha = fields.count > 3 ? fields[3] : Field()
  }

  /// Whether pixels have alpha.
  var hasAlpha: Bool { alpha.maximum > 0 }

  /// Appends red, green, blue and, where there is one, alpha of a pixel.
  func append(_ pixel: UInt32, to values: inout [UInt8]) {
    values.append(colours[0].value(pixel))
    values.append(colours[1].value(pixel))
    values.append(colours[2].value(pixel))
    if hasAlpha { values.append(alpha.value(pixel)) }
  }
}
