import FileIO
import ImageFiles

/// Everything but the pixels as bytes: integers of 8 bytes, little-endian; texts with their length before them.
extension RawDataset {
  /// The bytes for a cache.
  var cacheHeader: [UInt8] {
    var bytes: [UInt8] = []
    func add(_ number: Int) { bytes += number.littleEndianBytes }
    func add(_ text: String) {
      add(text.utf8.count)
      bytes += text.utf8
    }
    func add(_ texts: [String]) {
      add(texts.count)
      for text in texts { add(text) }
    }
    for size in [shape.channels, shape.height, shape.width] { add(size) }
    add(parts.count)
    for part in parts {
      add(Int(part.role.rawValue))
      add(part.count)
      add(part.labelPath)
    }
    let (values, names): ([UInt16], [String]?) =
      switch labels {
      case .numbers(let values): (values, nil)
      case .names(let values, let names): (values, names)
      }
    add(names == nil ? 0 : 1)
    add(names ?? [])
    add(values.count)
    bytes += values.flatMap(\.littleEndianBytes)
    let labelled = labelNames.sorted { $0.key < $1.key }
    add(labelled.count)
    for (label, name) in labelled {
      add(label)
      add(name)
    }
    add(pictures?.rawValue ?? "")
    let sizes = pictureSizes.map {
      [
        $0.smallest.width, $0.smallest.height, $0.largest.width, $0.largest.height, $0.mostCommon.channels,
        $0.mostCommon.height, $0.mostCommon.width, $0.distinctCount,
      ]
    }
    add(sizes?.count ?? 0)
    for size in sizes ?? [] { add(size) }
    add(notices)
    return bytes
  }

  /// What a cache has stored; nil if it does not hold together.
  init?(cached header: [UInt8], pixels: [UInt8]) {
    var reader = CacheReader(header)
    guard let channels = reader.size(), let height = reader.size(), let width = reader.size(),
      let partCount = reader.count()
    else { return nil }
    shape = ImageShape(channels: channels, height: height, width: width)
    parts = []
    var total = 0
    for _ in 0..<partCount {
      guard let role = reader.count().flatMap({ Role(rawValue: UInt8(truncatingIfNeeded: $0)) }),
        let count = reader.number(), 0...Int(Int32.max) ~= count, let path = reader.text()
      else { return nil }
      total += count
      parts.append(Part(role: role, count: count, labelPath: path))
    }
    guard let hasNames = reader.number(), let names = reader.texts(), let values = reader.labels(),
      values.count == total, let labelled = reader.count()
    else { return nil }
    if hasNames == 1, !values.allSatisfy({ Int($0) < names.count }) { return nil }
    labels = hasNames == 1 ? .names(values, names: names) : .numbers(values)
    for _ in 0..<labelled {
      guard let label = reader.number(), 0..<ClassAssignment.limit ~= label, let name = reader.text() else {
        return nil
      }
      labelNames[label] = name
    }
    guard let preparation = reader.text(), let sizeCount = reader.count() else { return nil }
    pictures = PicturePreparation(rawValue: preparation)
    var sizes: [Int] = []
    for _ in 0..<sizeCount {
      guard let size = reader.number() else { return nil }
      sizes.append(size)
    }
    if sizes.count == 8 {
      pictureSizes = PictureSizes(
        smallest: (sizes[0], sizes[1]), largest: (sizes[2], sizes[3]),
        mostCommon: ImageShape(channels: sizes[4], height: sizes[5], width: sizes[6]), distinctCount: sizes[7]
      )
    }
    guard let notices = reader.texts(), reader.isAtEnd,
      let size = [total, channels, height, width].byteCount(elementSize: 1), size == pixels.count, size > 0
    else { return nil }
    self.notices = notices
    self.pixels = pixels
  }
}

/// Reads the header of a cache; nil where it ends too early.
private struct CacheReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number() -> Int? {
    guard bytes.count - position >= 8 else { return nil }
    defer { position += 8 }
    return Int(truncatingIfNeeded: bytes.littleEndian(at: position, 8))
  }

  /// A number of things that take at least a byte each.
  mutating func count() -> Int? {
    guard let count = number(), 0...(bytes.count - position) ~= count else { return nil }
    return count
  }

  /// A side of an image.
  mutating func size() -> Int? { number().flatMap { 1...Int(Int32.max) ~= $0 ? $0 : nil } }

  mutating func text() -> String? {
    guard let count = count() else { return nil }
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  mutating func texts() -> [String]? {
    guard let count = count() else { return nil }
    var texts: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      texts.append(text)
    }
    return texts
  }

  mutating func labels() -> [UInt16]? {
    guard let count = number(), count >= 0, count <= (bytes.count - position) / 2 else { return nil }
    let start = position
    position += 2 * count
    return (0..<count).map { UInt16(bytes[start + 2 * $0]) | UInt16(bytes[start + 2 * $0 + 1]) << 8 }
  }
}
