import FileIO

/// The paths of the four IDX files of a data set, under any of their usual names.
///
/// `train-` or, for the test set, `t10k-` or `test-`; then `images` or `labels`; then `-idx3-ubyte` or
/// `.idx3-ubyte` (`idx4` for RGB, `idx1` for labels); then `.gz` or nothing; in the folder itself, in `raw`,
/// or in `MNIST/raw` as in torchvision. An uncompressed file takes precedence over a compressed one.
public struct DatasetFiles: Equatable, Sendable {
  /// The path of the training images.
  public let trainImages: String
  /// The path of the training labels.
  public let trainLabels: String
  /// The path of the test images.
  public let testImages: String
  /// The path of the test labels.
  public let testLabels: String

  static let trainPrefixes = ["train"]
  static let testPrefixes = ["t10k", "test"]
  static let imageEndings = [
    "images-idx3-ubyte", "images.idx3-ubyte", "images-idx4-ubyte", "images.idx4-ubyte",
  ]
  static let labelEndings = ["labels-idx1-ubyte", "labels.idx1-ubyte"]

  /// Finds the files in `directory`; throws `unreadable` with the names that were tried if one is missing.
  public init(in directory: String) throws(DataError) {
    let folders = [directory, joinPath(directory, "raw"), joinPath(directory, "MNIST/raw")]
    let folder = folders.first {
      Self.find(Self.trainPrefixes + Self.testPrefixes, Self.imageEndings, in: $0) != nil
    }
    func file(_ content: String, _ prefixes: [String], _ endings: [String]) throws(DataError) -> String {
      if let folder, let path = Self.find(prefixes, endings, in: folder) { return path }
      let names = prefixes.flatMap { prefix in endings.map { "\(prefix)-\($0)" } }
      throw .unreadable(
        path: folder ?? directory,
        reason: "no \(content): looked for \(names.joined(separator: ", ")), each also with .gz"
          + (folder == nil
            ? ", here and in raw and MNIST/raw; nor \(DatasetSource.archiveNames.joined(separator: " or "))"
            : ""))
    }
    trainImages = try file("training images", Self.trainPrefixes, Self.imageEndings)
    trainLabels = try file("training labels", Self.trainPrefixes, Self.labelEndings)
    testImages = try file("test images", Self.testPrefixes, Self.imageEndings)
    testLabels = try file("test labels", Self.testPrefixes, Self.labelEndings)
  }

  /// Whether all four files are in `directory`.
  public static func arePresent(in directory: String) -> Bool {
    (try? DatasetFiles(in: directory)) != nil
  }

  private static func find(_ prefixes: [String], _ endings: [String], in folder: String) -> String? {
    for prefix in prefixes {
      for ending in endings {
        for suffix in ["", ".gz"] {
          let path = joinPath(folder, "\(prefix)-\(ending)\(suffix)")
          if isFile(path) { return path }
        }
      }
    }
    return nil
  }
}
