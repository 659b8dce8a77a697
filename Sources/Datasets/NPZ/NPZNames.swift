import FileIO
import Formatting
import ModelFormats

/// The arrays of an npz archive that are images and labels, by their usual names.
struct NPZNames {
  /// The images and labels of a part.
  struct Pair: Equatable {
    let role: RawDataset.Role
    let images: String
    let labels: String
  }

  let pairs: [Pair]

  private static let images: Set = [
    "x", "image", "images", "img", "imgs", "data", "features", "inputs", "arr0",
  ]
  private static let labels: Set = [
    "y", "label", "labels", "target", "targets", "class", "classes", "arr1",
  ]
  private static let parts: [(String, RawDataset.Role)] = [
    ("training", .train), ("train", .train), ("testing", .test), ("test", .test), ("validation", .validation),
    ("valid", .validation), ("val", .validation), ("dev", .validation),
  ]

  /// Finds the arrays; throws `unsuitable` if there are no images, or images without labels.
  init(_ archive: NPZ) throws(DataError) {
    var found: [RawDataset.Role: (images: String?, labels: String?)] = [:]
    for name in archive.names {
      guard let (role, isImages) = Self.meaning(of: name) else { continue }
      if isImages, found[role]?.images == nil { found[role, default: (nil, nil)].images = name }
      if !isImages, found[role]?.labels == nil { found[role, default: (nil, nil)].labels = name }
    }
    if archive.names == ["arr_0", "arr_1", "arr_2", "arr_3"] {
      found = try Self.positional(archive)
    }
    let list = archive.names.isEmpty ? "nothing" : archive.names.prefix(8).joined(separator: ", ")
    var pairs: [Pair] = []
    for role in [RawDataset.Role.train, .test, .validation, .undivided] {
      guard let (images, labels) = found[role], let images else { continue }
      guard let labels else {
        throw .malformed(
          path: archive.name, byte: 0,
          reason:
            "no array \(Self.labelName(for: images)), the labels of \(images.oneLine); the archive has \(list)"
        )
      }
      pairs.append(Pair(role: role, images: images, labels: labels))
    }
    guard !pairs.isEmpty else {
      throw .malformed(
        path: archive.name, byte: 0,
        reason:
          "no images: looked for x_train, train_images, x_test, images, x and the like; the archive has \(list)"
      )
    }
    self.pairs = pairs
  }

  /// The part, and whether it is images, that the name of an array means.
  private static func meaning(of name: String) -> (role: RawDataset.Role, isImages: Bool)? {
    let plain = name.lowercased().filter { !"_-. ".contains($0) }
    func content(_ word: some StringProtocol) -> Bool? {
      images.contains(String(word)) ? true : labels.contains(String(word)) ? false : nil
    }
    if let isImages = content(plain) { return (.undivided, isImages) }
    for (part, role) in parts {
      if plain.hasPrefix(part), let isImages = content(plain.dropFirst(part.count)) {
        return (role, isImages)
      }
      if plain.hasSuffix(part), let isImages = content(plain.dropLast(part.count)) { return (role, isImages) }
    }
    return nil
  }

  /// The meaning of four arrays without names: training images and labels, then those of the test set, or all images
  /// and then all labels.
  private static func positional(
    _ archive: NPZ
  ) throws(DataError) -> [RawDataset.Role: (images: String?, labels: String?)] {
    let names = archive.names
    let second = try archive.reader(of: names[1]).header.shape
    let isImages = second.count > 2 || (second.count == 2 && second[1] > 1)
    let order = isImages ? [0, 2, 1, 3] : [0, 1, 2, 3]
    return [
      .train: (names[order[0]], names[order[1]]), .test: (names[order[2]], names[order[3]]),
    ]
  }

  private static func labelName(for images: String) -> String {
    let pairs = [
      ("x", "y"), ("X", "y"), ("images", "labels"), ("image", "label"), ("data", "labels"),
      ("imgs", "labels"),
    ]
    for (word, label) in pairs where images.contains(word) {
      return images.replacing(word, with: label, maxReplacements: 1).oneLine
    }
    return "labels"
  }
}
