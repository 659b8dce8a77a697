import FileIO
import Formatting
import ImageFiles
import ModelFormats

extension RawDataset {
  /// A pair of arrays, which may be in two archives.
  struct ArrayPair {
    let role: Role
    let images: (archive: NPZ, name: String)
    let labels: (archive: NPZ, name: String)
  }

  /// Reads an archive of NumPy arrays: Keras' `mnist.npz`, MedMNIST, and others with names of `NPZNames`.
  ///
  /// Images are [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels, or [N, length]; integers or floats, from 0
  /// to 255 or from 0 to 1. Labels are integers [N] or [N, 1], or one-hot. Throws `malformed` for others.
  init(_ archive: NPZ, _ options: DatasetOptions) throws(DataError) {
    let pairs = try NPZNames(archive).pairs.map {
      ArrayPair(role: $0.role, images: (archive, $0.images), labels: (archive, $0.labels))
    }
    try self.init(pairs, options)
  }

  /// Reads pairs of arrays.
  init(_ pairs: [ArrayPair], _ options: DatasetOptions) throws(DataError) {
    var (parts, labels, total): ([Part], [UInt16], Int) = ([], [], 0)
    var first: (shape: ImageShape, name: String)?
    for pair in pairs {
      let reader = try pair.images.archive.reader(of: pair.images.name)
      let form = try reader.imageForm(preferred: options.shape)
      if let first, first.shape != form.shape {
        throw reader.malformed("images of \(form.shape), but \(first.name) has \(first.shape)")
      }
      if first == nil { first = (form.shape, pair.images.name.oneLine) }
      total += form.count * form.shape.size
      guard total <= ByteSource.byteLimit else {
        throw reader.malformed("with \(first?.name ?? "the others") more than the limit of 4 GiB")
      }
      labels += try pair.labels.archive.labels(pair.labels.name, count: form.count)
      parts.append(
        Part(
          role: pair.role, count: form.count, labelPath: "\(pair.labels.archive.name)[\(pair.labels.name)]"))
    }
    guard let shape = first?.shape else { throw .unsatisfiable(reason: "no arrays") }
    var (pixels, scale) = try Self.pixels(of: pairs, expecting: total, PixelScale(), options)
    if scale.isContradicted {
      pixels = []
      (pixels, scale) = try Self.pixels(of: pairs, expecting: total, PixelScale(.levels), options)
    }
    let isBinary = scale.finish(&pixels)
    self.init(pixels: pixels, shape: shape, parts: parts, labels: .numbers(labels))
    if isBinary { notices.append("all pixels are 0 or 1: they are black and white") }
  }

  private static func pixels(
    of pairs: [ArrayPair], expecting total: Int, _ range: PixelScale, _ options: DatasetOptions
  ) throws(DataError) -> ([UInt8], PixelScale) {
    var (pixels, scale): ([UInt8], PixelScale) = ([], range)
    for pair in pairs {
      var reader = try pair.images.archive.reader(of: pair.images.name)
      let form = try reader.imageForm(preferred: options.shape)
      let start = pixels.count
      try reader.append(to: &pixels, expecting: total, &scale)
      if scale.isContradicted { break }
      let isFlat = reader.header.shape.count == 2 && form.shape.channels == 3
      let layout =
        isFlat ? PixelLayout(guessing: pixels[start...], shape: form.shape) : form.layout
      if layout == .interleaved { PixelLayout.makePlanes(&pixels, from: start, shape: form.shape) }
    }
    return (pixels, scale)
  }
}
