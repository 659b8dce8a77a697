import ConfigDecoding
import FileIO

/// Finds the folder of a data set: the path of the option, `$CNN_DATA_DIR`, `data.dir` of the config, `data/mnist`
/// under the current folder, the user's cache folder, in this order.
///
/// A path of the option or the environment is final; of the others the first that has the data set is chosen.
public struct DatasetLocator: Equatable, Sendable {
  /// Where the path of a candidate comes from.
  public enum Origin: String, Sendable {
    /// A command-line option.
    case option = "--data"
    /// The environment variable.
    case environment = "$CNN_DATA_DIR"
    /// The config's `data.dir`.
    case config = "data.dir of the config"
    /// `data/mnist` under the current folder.
    case currentFolder = "the current folder"
    /// The user's cache folder, the target of a download.
    case cache = "the cache"
  }

  /// A folder that may have the data set.
  public struct Candidate: Equatable, Sendable {
    /// The folder.
    public let directory: String
    /// Where its path comes from.
    public let origin: Origin
  }

  /// The folder to use: the given one, the first that has the data set, or the cache folder.
  public let chosen: Candidate
  /// Whether `chosen` has the data set.
  public let isPresent: Bool
  /// The folders that were searched, in order, `chosen` among them.
  public let searched: [Candidate]

  /// Searches the folders; `hasDataset` returns whether a folder has the data set.
  public init(
    option: String? = nil, environment: [String: String], configDirectory: String? = nil,
    currentFolder: String, cacheFolder: String?,
    hasDataset: (String) -> Bool = DatasetSource.isPresent
  ) {
    func candidate(_ path: String, _ origin: Origin) -> Candidate {
      Candidate(directory: origin == .option ? path : joinPath(currentFolder, path), origin: origin)
    }
    let variable = environment["CNN_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
    if let given = option.map({ candidate($0, .option) }) ?? variable.map({ candidate($0, .environment) }) {
      (chosen, isPresent, searched) = (given, hasDataset(given.directory), [given])
      return
    }
    let fallback = candidate("data/mnist", .currentFolder)
    let cache = cacheFolder.map { candidate($0, .cache) }
    var candidates = [configDirectory.map { candidate($0, .config) }, fallback, cache].compactMap { $0 }
    if let same = candidates.dropFirst().firstIndex(where: { $0.directory == candidates[0].directory }) {
      candidates.remove(at: same)
    }
    let found = candidates.firstIndex { hasDataset($0.directory) }
    isPresent = found != nil
    chosen = found.map { candidates[$0] } ?? cache ?? fallback
    searched = Array(candidates[...(found ?? candidates.count - 1)])
  }

  /// The error for a data set that was not found, with the folders that were searched and what to do.
  public var notFound: DataError {
    let folders = searched.map { "\($0.directory) (\($0.origin.rawValue))" }.joined(separator: ", ")
    return .unreadable(
      path: chosen.directory,
      reason: "no MNIST found; looked in \(folders); run `cnn download`, or use --data DIR or --data builtin")
  }

  /// The folder for downloads: `$XDG_CACHE_HOME/cnn/mnist`, `~/.cache/cnn/mnist`, on macOS
  /// `~/Library/Caches/cnn/mnist`; nil without `$HOME`.
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
