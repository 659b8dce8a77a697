import FileIO
import Formatting
import ImageFiles
import ModelFormats

extension NPZ.Reader {
  /// How the images of an array lie in it.
  struct ImageForm {
    let count: Int
    let shape: ImageShape
    let layout: PixelLayout
  }

  /// The number, shape and layout of the images; flat rows have the `preferred` shape if it fits, or a square one.
  func imageForm(preferred: ImageShape?) throws(DataError) -> ImageForm {
    let sizes = header.shape
    guard header.byteCount > 0, sizes.allSatisfy({ $0 <= Int32.max }) else {
      throw malformed("no images: \(sizes)")
    }
    func form(_ channels: Int, _ height: Int, _ width: Int, _ layout: PixelLayout = .planes) -> ImageForm {
      ImageForm(
        count: sizes[0], shape: ImageShape(channels: channels, height: height, width: width), layout: layout)
    }
    switch sizes.count {
    case 2:
      guard let shape = PixelLayout.shape(ofLength: sizes[1], preferred: preferred) else {
        throw malformed(
          "rows of \(sizes[1].grouped) values are no square images, gray or RGB; reshape them to [N, H, W]")
      }
      return ImageForm(count: sizes[0], shape: shape, layout: .planes)
    case 3: return form(1, sizes[1], sizes[2])
    case 4 where sizes[1] == 1 || sizes[1] == 3: return form(sizes[1], sizes[2], sizes[3])
    // With one channel the layouts NHWC and NCHW are the same.
    case 4 where sizes[3] == 1 || sizes[3] == 3: return form(sizes[3], sizes[1], sizes[2], .interleaved)
    case 4, 5:
      throw malformed(
        "the shape \(sizes) has neither 1 nor 3 channels; volumes (3-D sets) and other channels are not supported"
      )
    default:
      throw malformed(
        "the shape \(sizes) is not that of images: [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels"
      )
    }
  }

  /// Appends all pixels as bytes, in the order of the array; throws `malformed` for a value that is no pixel.
  ///
  /// It stops where the scale is contradicted.
  mutating func append(
    to pixels: inout [UInt8], expecting total: Int, _ scale: inout PixelScale
  ) throws(DataError) {
    let start = pixels.count
    if header.type == .uint8, scale.range != .unit, !header.isColumnMajor {
      try append(to: &pixels, expecting: total)
      scale.noteLevels(upTo: pixels[start...].max() ?? 0)
      return
    }
    let chunk = 1 << 20
    if header.isColumnMajor {
      let bytes = try readAll()
      for first in stride(from: 0, to: bytes.count, by: chunk) {
        try convert(bytes[first..<min(first + chunk, bytes.count)], to: &pixels, start, &scale)
        if scale.isContradicted { return }
      }
      return
    }
    while true {
      let bytes = try read(upTo: chunk)
      if bytes.isEmpty { return }
      try convert(bytes[...], to: &pixels, start, &scale)
      if scale.isContradicted { return }
    }
  }

  private func convert(
    _ bytes: ArraySlice<UInt8>, to pixels: inout [UInt8], _ start: Int, _ scale: inout PixelScale
  ) throws(DataError) {
    let size = header.type.size
    for index in 0..<bytes.count / size {
      let value = value(bytes, index * size)
      guard let byte = scale.byte(value, after: &pixels) else {
        throw malformed(
          "value \(pixels.count - start) is \(value.shortText); pixels are from 0 to 255, or from 0 to 1")
      }
      pixels.append(byte)
    }
  }

  /// The value at an offset.
  func value(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> Double {
    let bits = bytes.littleEndian(at: offset, header.type.size)
    return switch header.type {
    case .uint8, .uint16, .uint32, .uint64: Double(bits)
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(bitPattern: bits))
    case .float16: Double(Float(halfBits: UInt16(truncatingIfNeeded: bits)))
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    }
  }
}
