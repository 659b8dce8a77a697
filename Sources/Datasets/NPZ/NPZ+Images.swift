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
        "the shape \(sizes) has neither 1 nor 3 channels; volumes (3-D sets) and other channels are not supported")
    default:
      throw malformed(
        "the shape \(sizes) is not that of images: [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels")
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
          "value \(pixels.count - start) is \(Self.text(value)); pixels are from 0 to 255, or from 0 to 1")
      }
      pixels.append(byte)
    }
  }

  /// The value at an offset.
  private func value(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> Double {
    let bits = bytes.littleEndian(at: offset, header.type.size)
    return switch header.type {
    case .uint8, .uint16, .uint32, .uint64: Double(bits)
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(bitPattern: bits))
    case .float16: Double(halfPrecision: UInt16(truncatingIfNeeded: bits))
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    }
  }

  static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

extension Double {
  /// The value of an IEEE half-precision number.
  fileprivate init(halfPrecision bits: UInt16) {
    let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Double(bits & 0x3FF))
    let magnitude: Double =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 31: fraction == 0 ? .infinity : .nan
      default: (1 + fraction * 0x1p-10) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
      }
    self = bits >> 15 == 0 ? magnitude : -magnitude
  }
}

extension NPZ {
  /// The labels in the array called `name`, one for each of `count` images.
  func labels(_ name: String, count: Int) throws(DataError) -> [UInt16] {
    var reader = try reader(of: name)
    let shape = reader.header.shape
    if shape.count == 2, shape[0] == count, shape[1] > 1 { return try oneHotLabels(&reader, count: count) }
    guard shape == [count] || shape == [count, 1] else {
      throw reader.malformed("labels of shape \(shape) for \(count.pluralized("image"))")
    }
    var labels: [UInt16] = []
    labels.reserveCapacity(count)
    let bytes = try reader.readAll()
    for index in 0..<count {
      let value = reader.labelValue(bytes, index)
      guard let label = UInt16(exactly: value) else {
        throw reader.malformed(
          "label \(NPZ.Reader.text(value)) of image \(index.grouped) is not one of 0 to "
            + Int(UInt16.max).grouped)
      }
      labels.append(label)
    }
    return labels
  }

  /// The places of the ones in rows of zeros and one 1.
  private func oneHotLabels(_ reader: inout Reader, count: Int) throws(DataError) -> [UInt16] {
    let columns = reader.header.shape[1]
    guard columns <= ClassAssignment.limit else { throw reader.malformed("\(columns.grouped) classes") }
    let bytes = try reader.readAll()
    var labels: [UInt16] = []
    for row in 0..<count {
      var ones: [Int] = []
      for column in 0..<columns {
        let value = reader.labelValue(bytes, row * columns + column)
        if value == 1 { ones.append(column) }
        guard value == 0 || value == 1 else {
          throw reader.malformed(
            "labels of shape \(reader.header.shape), and no one-hot ones: row \(row.grouped) has "
              + NPZ.Reader.text(value))
        }
      }
      guard ones.count == 1 else {
        throw reader.malformed(
          "labels of shape \(reader.header.shape), of which image \(row.grouped) has "
            + "\(ones.count): several classes an image are not supported")
      }
      labels.append(UInt16(ones[0]))
    }
    return labels
  }
}

extension NPZ.Reader {
  /// The value of the label at `index` of the whole array.
  fileprivate func labelValue(_ bytes: [UInt8], _ index: Int) -> Double {
    value(bytes[...], index * header.type.size)
  }
}
