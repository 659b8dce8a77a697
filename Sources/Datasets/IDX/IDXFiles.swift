import FileIO
import Formatting

/// The IDX files of a data set in a folder: images and labels of one or more parts, under any of their usual names.
///
/// A name is a prefix or nothing (`emnist-letters-`), then `train`, `t10k`, `test` or `val`, then `images` or `labels`,
/// then `idx` with the rank: `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `qmnist-test-labels-idx2-int`. A file
/// may be in a folder of its own name.
package struct IDXFiles: Equatable, Sendable {
  /// The images and labels of a part.
  package struct Pair: Equatable, Sendable {
    /// The path of the images.
    package let images: String
    /// The path of the labels.
    package let labels: String
  }

  /// The training set; nil if it is missing.
  package let train: Pair?
  /// The test set; nil if it is missing.
  package let test: Pair?
  /// The validation set; nil if there is none.
  let validation: Pair?
  /// What the names have before the part: `emnist-letters`, or nothing.
  let prefix: String
  /// EMNIST's table of labels and characters, nil without one.
  let mapping: String?
  /// The folder of the files, and the one that was given.
  let folders: [String]

  /// Whether rows and columns are exchanged, as in all files of EMNIST.
  var isTransposed: Bool { prefix.contains("emnist") }

  /// Finds the files in `folder`, or, if it is no folder, those with its last name as prefix in the folder around it;
  /// nil if there are no images.
  ///
  /// Throws `unreadable` if labels are missing, `unsuitable` if the folder has several sets.
  package init?(in folder: String) throws(DataError) {
    var (directory, wanted) = (folder, nil as String?)
    if !isFolder(folder), let name = folder.split(separator: "/").last {
      (directory, wanted) = (AtomicFile.folder(of: folder), IDXName.prefix(name))
    }
    for place in Self.places(in: directory) {
      let names = Self.names(in: place)
      let prefixes = Set(names.filter { $0.isImages && $0.part != nil }.map(\.prefix))
      guard let prefix = try Self.choose(wanted, of: prefixes, in: place) else { continue }
      let set = names.filter { $0.prefix == prefix }
      self.prefix = prefix
      folders = [place, directory]
      mapping = set.first { $0.isMapping }?.path
      train = try Self.pair(.train, "training", of: set, in: place)
      test = try Self.pair(.test, "test", of: set, in: place)
      validation = try Self.pair(.validation, "validation", of: set, in: place)
      return
    }
    return nil
  }

  /// The folders in which the files of a set at `directory` may be: itself and those of torchvision and EMNIST's archive.
  private static func places(in directory: String) -> [String] {
    let torchvision = ["MNIST", "FashionMNIST", "KMNIST", "EMNIST", "QMNIST"].map { "\($0)/raw" }
    return [directory] + (["raw", "gzip"] + torchvision).map { joinPath(directory, $0) }
  }

  private static func choose(
    _ wanted: String?, of prefixes: Set<String>, in folder: String
  ) throws(DataError) -> String? {
    if let wanted { return prefixes.contains(wanted) ? wanted : nil }
    if prefixes.count <= 1 || prefixes.contains("") { return prefixes.contains("") ? "" : prefixes.first }
    let sets = prefixes.sorted()
    throw .unsuitable(
      path: folder,
      reason: "there are \(sets.count) sets in this folder: \(sets.joined(separator: ", ")); choose one, as "
        + "\(joinPath(folder, sets[0]))")
  }

  private static func pair(
    _ part: RawDataset.Role, _ partName: String, of names: [IDXName], in folder: String
  ) throws(DataError) -> Pair? {
    func best(_ isImages: Bool) -> IDXName? {
      names.filter { $0.part == part && $0.isImages == isImages && !$0.isMapping }
        .min { ($0.rank, $0.path) < ($1.rank, $1.path) }
    }
    guard let images = best(true) else { return nil }
    if let labels = best(false) { return Pair(images: images.path, labels: labels.path) }
    throw .unreadable(
      path: folder,
      reason: "no \(partName) labels: looked for \(images.labelName), also with .gz, beside "
        + lastComponent(of: images.path))
  }

  /// The names of IDX files in a folder, and in folders in it that have such a name.
  private static func names(in folder: String) -> [IDXName] {
    var found: [IDXName] = []
    for name in fileNames(in: folder) where !name.hasPrefix(".") {
      guard let parsed = IDXName(name, in: folder) else { continue }
      if isRegularFile(parsed.path) {
        found.append(parsed)
      } else {
        let inner = fileNames(in: parsed.path).compactMap { IDXName($0, in: parsed.path) }
          .filter { ($0.part, $0.isImages) == (parsed.part, parsed.isImages) && isRegularFile($0.path) }
        // A file beside the folder takes precedence.
        if let file = inner.min(by: { $0.rank < $1.rank }) { found.append(file.with(prefix: parsed.prefix)) }
      }
    }
    return found
  }
}

/// What the name of an IDX file says.
private struct IDXName {
  let path: String
  private(set) var prefix: String
  /// Nil for a mapping.
  let part: RawDataset.Role?
  let isImages: Bool
  let isMapping: Bool
  /// The smallest is preferred: plain files, `t10k`, then labels of rank 1.
  private(set) var rank: Int
  /// The name that the file of the labels should have.
  let labelName: String

  init?(_ name: String, in folder: String) {
    path = joinPath(folder, name)
    let lower = name.lowercased()
    let isCompressed = lower.hasSuffix(".gz")
    let words = Self.words(isCompressed ? lower.dropLast(3) : lower[...])
    if words.count >= 2, words.suffix(2) == ["mapping", "txt"] {
      (prefix, part, isImages, isMapping, rank) = (
        words.dropLast(2).joined(separator: "-"), nil, false, true, 0
      )
      labelName = ""
      return
    }
    guard let content = words.firstIndex(where: { $0 == "images" || $0 == "labels" }), content > 0,
      let part = RawDataset.Role(word: words[content - 1]), content + 1 < words.count,
      let format = words.dropFirst(content + 1).first, format.hasPrefix("idx"),
      let dimensions = format.last?.wholeNumberValue
    else { return nil }
    self.part = part
    (isImages, isMapping) = (words[content] == "images", false)
    prefix = words[..<(content - 1)].joined(separator: "-")
    rank = (isCompressed ? 100 : 0) + (words[content - 1] == "t10k" ? 0 : 10) + dimensions
    labelName = (words[..<content] + ["labels", "idx1", "ubyte"]).joined(separator: "-")
  }

  /// The file in a folder that has the prefix in its name.
  func with(prefix: String) -> IDXName {
    var copy = self
    copy.prefix = prefix
    copy.rank += 1000
    return copy
  }

  /// The words of a prefix, joined as in `prefix`.
  static func prefix(_ name: Substring) -> String { words(name.lowercased()[...]).joined(separator: "-") }

  private static func words(_ name: Substring) -> [String] {
    name.split { "-_.".contains($0) }.map(String.init)
  }
}
