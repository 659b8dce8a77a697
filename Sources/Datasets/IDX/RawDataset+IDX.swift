import FileIO
import Formatting
import ImageFiles

extension RawDataset {
  /// Reads IDX files; all pixels are read into one array, without a copy.
  ///
  /// Throws if a file is invalid, if images and labels differ in number, or the parts in shape.
  init(_ files: IDXFiles) throws(DataError) {
    let all: [(role: Role, pair: IDXFiles.Pair?)] = [
      (.train, files.train), (.test, files.test), (.validation, files.validation),
    ]
    let pairs = all.compactMap { role, pair in pair.map { (role, $0) } }
    guard let first = pairs.first?.1 else {
      throw .unreadable(path: files.prefix, reason: "no images")
    }
    // Sizes first: nothing is read if one of them is wrong.
    let shape = try IDX.ImageReader(ByteSource(path: first.images)).shape
    var total = 0
    var (parts, labels): ([Part], [UInt16]) = ([], [])
    for (role, pair) in pairs {
      let reader = try IDX.ImageReader(ByteSource(path: pair.images))
      guard reader.shape == shape else {
        throw reader.malformed(at: 8, "images of \(reader.shape), but \(first.images) has \(shape)")
      }
      total += reader.byteCount
      let file = try IDX.LabelFile(ByteSource(path: pair.labels))
      try file.check(count: reader.count, of: pair.images)
      labels += file.labels
      parts.append(
        Part(
          role: role, count: file.labels.count, labelPath: pair.labels, firstLabel: file.origin.firstByte,
          labelStride: file.origin.stride, isCompressed: file.origin.isCompressed))
    }
    var pixels: [UInt8] = []
    for ((_, pair), part) in zip(pairs, parts) {
      var reader = try IDX.ImageReader(ByteSource(path: pair.images))
      guard reader.count == part.count, reader.shape == shape else {
        throw reader.malformed(at: 4, "the file was changed while it was read")
      }
      try reader.append(to: &pixels, expecting: total)
    }
    self.init(pixels: pixels, shape: shape, parts: parts, labels: .numbers(labels))
    if files.isTransposed { transpose(files.prefix) }
    if let mapping = files.mapping {
      labelNames = try CharacterMapping(path: mapping).names
    } else if files.isTransposed {
      known = KnownDataset(path: files.prefix, shape: shape, highest: Int(labels.max() ?? 0))
    }
  }

  /// Exchanges rows and columns of all images.
  private mutating func transpose(_ prefix: String) {
    PixelLayout.transpose(&pixels, shape: shape)
    shape = ImageShape(channels: shape.channels, height: shape.width, width: shape.height)
    notices.append("the images of \(prefix) lie on their side: rows and columns are exchanged")
  }
}

/// EMNIST's table of classes: a label, and the codes of its characters in ASCII, a line each.
struct CharacterMapping {
  /// The first character of each label.
  let names: [Int: String]

  /// Reads the file at `path`; throws `malformed` if a line is no label with its codes.
  init(path: String) throws(DataError) {
    var source = try ByteSource(path: path)
    let bytes = try source.readAll(limit: 1 << 20)
    var names: [Int: String] = [:]
    for (index, line) in bytes.split(separator: 0x0A).enumerated() {
      let words = line.split { $0 <= 0x20 }.map { Int(String(decoding: $0, as: UTF8.self)) }
      if words.isEmpty { continue }
      guard words.count >= 2, let label = words[0], 0..<ClassAssignment.limit ~= label, let code = words[1],
        let scalar = Unicode.Scalar(UInt32(clamping: code)), code > 0x20
      else {
        throw source.malformed(at: line.startIndex, "line \(index + 1): expected a label and a code in ASCII")
      }
      names[label] = String(Character(scalar)).oneLine
    }
    self.names = names
  }
}
