import ConfigDecoding
import FileIO

/// Where a data set is looked for, in order: the path given, `$CNN_DATA_DIR`, the config's folder, `data/mnist`
/// under the current folder, the user's cache.
///
/// A path given by option or environment is final; of the others the first that holds the four files is taken.
public struct DatasetLocator: Equatable, Sendable {
  /// Who named a place.
  public enum Origin: String, Sendable {
    /// A command-line option.
    case option = "--data"
    /// The environment variable.
    case environment = "$CNN_DATA_DIR"
    /// The config's `data.dir`.
    case config = "data.dir of the config"
    /// `data/mnist` under the current folder.
    case currentFolder = "the current folder"
    /// The user's cache folder, where a download goes.
    case cache = "the cache"
  }

  /// A folder that was looked at.
  public struct Candidate: Equatable, Sendable {
    /// The folder.
    public let directory: String
    /// Who named it.
    public let origin: Origin
  }

  /// The folder to use: the first that holds the set, or the one that was given, or the cache.
  public let chosen: Candidate
  /// Whether `chosen` holds the four files.
  public let isPresent: Bool
  /// Every place looked at, in order, `chosen` among them.
  public let lookedAt: [Candidate]

  /// Looks for the set; `holdsDataset` says whether a folder has the four files.
  public init(
    option: String? = nil, environment: [String: String], configDirectory: String? = nil,
    currentFolder: String, cacheFolder: String?,
    holdsDataset: (String) -> Bool = DatasetSource.isPresent
  ) {
    func place(_ path: String, _ origin: Origin) -> Candidate {
      Candidate(directory: origin == .option ? path : joinPath(currentFolder, path), origin: origin)
    }
    let variable = environment["CNN_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
    if let given = option.map({ place($0, .option) }) ?? variable.map({ place($0, .environment) }) {
      (chosen, isPresent, lookedAt) = (given, holdsDataset(given.directory), [given])
      return
    }
    let fallback = place("data/mnist", .currentFolder)
    let cache = cacheFolder.map { place($0, .cache) }
    var places = [configDirectory.map { place($0, .config) }, fallback, cache].compactMap { $0 }
    if let same = places.dropFirst().firstIndex(where: { $0.directory == places[0].directory }) {
      places.remove(at: same)
    }
    let found = places.firstIndex { holdsDataset($0.directory) }
    isPresent = found != nil
    chosen = found.map { places[$0] } ?? cache ?? fallback
    lookedAt = Array(places[...(found ?? places.count - 1)])
  }

  /// The error for a set that is nowhere: names every place looked at and what to do.
  public var notFound: DataError {
    let places = lookedAt.map { "\($0.directory) (\($0.origin.rawValue))" }.joined(separator: ", ")
    return .unreadable(
      path: chosen.directory,
      reason: "no MNIST found; looked in \(places); run `cnn download`, or use --data DIR or --data builtin")
  }

  /// The folder a download goes to: `$XDG_CACHE_HOME/cnn/mnist`, `~/.cache/cnn/mnist`, on macOS
  /// `~/Library/Caches/cnn/mnist`; nil without a home.
  public static func cacheFolder(environment: [String: String]) -> String? {
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return joinPath(cache, "cnn/mnist") }
    guard let home = environment["HOME"], !home.isEmpty else { return nil }
    #if os(macOS)
      return joinPath(home, "Library/Caches/cnn/mnist")
    #else
      return joinPath(home, ".cache/cnn/mnist")
    #endif
  }
}
