import ConfigDecoding
import FileIO

extension KnownDataset {
  /// The name for people.
  fileprivate var title: String {
    switch self {
    case .mnist: "MNIST"
    case .fashion: "Fashion-MNIST"
    default: rawValue
    }
  }

  /// What to do where it is not found.
  fileprivate var advice: String {
    switch self {
    case .mnist: "run `cnn download`, or use --data DIR or --data builtin"
    case .fashion: "install Debian's package dataset-fashion-mnist, or use --data DIR"
    default: "use --data DIR"
    }
  }
}

/// Finds the folder of a data set: the path of the option, else `data.dir` of the config, else the usual places of the data
/// set. MNIST's are `$CNN_DATA_DIR`, `data/mnist` under the current folder and the user's cache folder; Fashion-MNIST's
/// are `data/fashion-mnist` and the folder of Debian's package.
///
/// A path that someone has named is final; of the others the first that has the data set is chosen.
public struct DatasetLocator: Equatable, Sendable {
  /// Where the path of a candidate comes from.
  public enum Origin: String, Sendable {
    /// A command-line option.
    case option = "--data"
    /// The config's `data.dir`.
    case config = "data.dir of the config"
    /// A run, which stores where its data was.
    case run = "the run"
    /// The environment variable.
    case environment = "$CNN_DATA_DIR"
    /// A folder under the current folder.
    case currentFolder = "the current folder"
    /// The folder of a package of the system.
    case package = "the system's packages"
    /// The user's cache folder, the target of a download.
    case cache = "the cache"

    /// Whether it is a usual place of a data set, which nobody has named for this run.
    public var isUsual: Bool {
      switch self {
      case .option, .config, .run: false
      case .environment, .currentFolder, .package, .cache: true
      }
    }
  }

  /// A folder that may have the data set.
  public struct Candidate: Equatable, Sendable {
    /// The folder.
    public let directory: String
    /// Where its path comes from.
    public let origin: Origin

    /// A folder from `origin`.
    public init(directory: String, origin: Origin) { (self.directory, self.origin) = (directory, origin) }
  }

  /// The folder to use: the given one, the first that has the data set, or the one to download it into.
  public let chosen: Candidate
  /// Whether `chosen` has the data set.
  public let isPresent: Bool
  /// The folders that were searched, in order, `chosen` among them.
  public let searched: [Candidate]
  /// The usual places of the data set, in order.
  public let usualPlaces: [Candidate]
  private let dataset: KnownDataset

  /// Searches the folders; `hasDataset` returns whether a folder has the data set.
  public init(
    _ dataset: KnownDataset = .mnist, option: String? = nil, environment: [String: String],
    configDirectory: String? = nil, currentFolder: String, cacheFolder: String?,
    hasDataset: (String) -> Bool = DatasetSource.isPresent
  ) {
    func candidate(_ path: String, _ origin: Origin) -> Candidate {
      Candidate(directory: origin == .option ? path : joinPath(currentFolder, path), origin: origin)
    }
    self.dataset = dataset
    let fallback: Candidate
    switch dataset {
    case .mnist:
      let variable = environment["CNN_DATA_DIR"].flatMap { $0.isEmpty ? nil : candidate($0, .environment) }
      let (current, cache) = (
        candidate("data/mnist", .currentFolder), cacheFolder.map { candidate($0, .cache) }
      )
      usualPlaces = variable.map { [$0] } ?? [current, cache].compactMap { $0 }
      fallback = variable ?? cache ?? current
    default:
      usualPlaces = [
        candidate("data/\(dataset.rawValue)", .currentFolder),
        candidate("/usr/share/datasets/\(dataset.rawValue)", .package),
      ]
      fallback = usualPlaces[0]
    }
    if let given = option.map({ candidate($0, .option) }) ?? configDirectory.map({ candidate($0, .config) }) {
      (chosen, isPresent, searched) = (given, hasDataset(given.directory), [given])
      return
    }
    let found = usualPlaces.firstIndex { hasDataset($0.directory) }
    isPresent = found != nil
    if let found { chosen = usualPlaces[found] } else { chosen = fallback }
    searched = Array(usualPlaces[...(found ?? usualPlaces.count - 1)])
  }

  /// The error for a data set that was not found, with the folders that were searched and what to do.
  public var notFound: DataError {
    let folders = searched.map { "\($0.directory) (\($0.origin.rawValue))" }.joined(separator: ", ")
    if !chosen.origin.isUsual {
      let reason =
        "no data set here (\(chosen.origin.rawValue)); --data DIR names another, --data builtin needs none"
      return .unreadable(path: chosen.directory, reason: reason)
    }
    return .unreadable(
      path: chosen.directory, reason: "no \(dataset.title) found; looked in \(folders); \(dataset.advice)")
  }

  /// A folder of the user's cache: for the download `mnist`, for what was read from pictures and CSV `data`.
  ///
  /// It is `$XDG_CACHE_HOME/cnn/NAME`, `~/.cache/cnn/NAME`, on macOS `~/Library/Caches/cnn/NAME`; nil without `$HOME`.
  public static func cacheFolder(_ name: String = "mnist", environment: [String: String]) -> String? {
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return joinPath(cache, "cnn/\(name)") }
    guard let home = environment["HOME"], !home.isEmpty else { return nil }
    #if os(macOS)
      return joinPath(home, "Library/Caches/cnn/\(name)")
    #else
      return joinPath(home, ".cache/cnn/\(name)")
    #endif
  }
}
