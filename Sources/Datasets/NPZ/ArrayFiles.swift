import FileIO
import ModelFormats

/// Images and labels in npz archives of one array each, `arr_0`: `kmnist-train-imgs.npz`, `k49-test-labels.npz`.
struct ArrayFiles: Equatable, Sendable {
  /// The archives of a part.
  struct Pair: Equatable, Sendable {
    let role: RawDataset.Role
    let images: String
    let labels: String
  }

  let pairs: [Pair]

  /// Finds the archives in a folder; nil if there are none, and throws if there are those of several sets.
  init?(in folder: String) throws(DataError) {
    let names = Set(fileNames(in: folder).filter { $0.hasSuffix(".npz") && !$0.hasPrefix(".") })
    var sets: [String: [Pair]] = [:]
    for (part, role) in [("train", RawDataset.Role.train), ("test", .test), ("val", .validation)] {
      for images in names.sorted() {
        guard let range = images.firstRange(of: "\(part)-imgs.npz"), range.upperBound == images.endIndex else {
          continue
        }
        let labels = images.replacing("-imgs.npz", with: "-labels.npz")
        guard names.contains(labels) else {
          throw .unreadable(path: joinPath(folder, labels), reason: "the labels of \(images) are missing")
        }
        sets[String(images[..<range.lowerBound]), default: []]
          .append(Pair(role: role, images: joinPath(folder, images), labels: joinPath(folder, labels)))
      }
    }
    if sets.isEmpty { return nil }
    guard sets.count == 1, let pairs = sets.values.first else {
      throw .unreadable(
        path: folder,
        reason: "there are \(sets.count) sets in this folder: \(sets.keys.sorted().joined(separator: ", ")); "
          + "put each into a folder of its own")
    }
    self.pairs = pairs
  }

  /// Reads the archives.
  func read(_ options: DatasetOptions) throws(DataError) -> RawDataset {
    var arrays: [RawDataset.ArrayPair] = []
    for pair in pairs {
      arrays.append(
        RawDataset.ArrayPair(
          role: pair.role, images: try Self.only(pair.images), labels: try Self.only(pair.labels)))
    }
    var raw = try RawDataset(arrays, options)
    if let first = pairs.first {
      raw.known = KnownDataset(path: first.images, shape: raw.shape, highest: raw.highestLabel)
    }
    return raw
  }

  /// The archive at `path` and the name of its array.
  private static func only(_ path: String) throws(DataError) -> (archive: NPZ, name: String) {
    let archive = try NPZ(contentsOf: path)
    guard archive.names.count == 1, let name = archive.names.first else {
      throw .malformed(path: path, byte: 0, reason: "expected one array, arr_0, but there are \(archive.names.count)")
    }
    return (archive, name)
  }
}

extension RawDataset {
  /// The largest label that is a number.
  var highestLabel: Int {
    if case .numbers(let values) = labels { return Int(values.max() ?? 0) }
    return 0
  }
}
