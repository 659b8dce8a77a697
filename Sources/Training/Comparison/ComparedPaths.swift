import ConfigDecoding
import FileIO
import Formatting

/// The runs that an argument of `cnn compare` names, before anything is evaluated.
public struct ComparedPaths: Sendable {
  /// What the user calls them.
  public let name: String
  /// Run folders, or one checkpoint.
  public let paths: [String]
  /// Whether the argument is a single network, not a folder of runs.
  public let isSingle: Bool

  /// The models that `argument` names: a run folder, a checkpoint, or a folder of runs, such as a sweep, in which runs
  /// whose configs differ only in their seed, fold and name are one.
  ///
  /// - Parameter notice: called with a line about runs that are left out.
  /// - Throws: `DataError` if there is no run that has ended; `ConfigError` for a damaged config.
  public static func models(at argument: String, notice: (String) -> Void) throws -> [ComparedPaths] {
    guard isFolder(argument), !RunFolder(argument).config.isFile else {
      return [ComparedPaths(name: argument, paths: [argument], isSingle: true)]
    }
    let runs = fileNames(in: argument).sorted().map { RunFolder(joinPath(argument, $0)) }
      .filter(\.config.isFile)
    let finished = runs.filter(\.finalCheckpoint.isFile)
    if runs.isEmpty {
      throw DataError.unreadable(
        path: argument, reason: "neither a run folder (config.json) nor a folder of run folders")
    }
    if finished.isEmpty {
      throw DataError.unreadable(
        path: argument, reason: "none of its \(runs.count.pluralized("run")) has ended (model.ckpt)")
    }
    if finished.count < runs.count {
      let names = runs.filter { !$0.finalCheckpoint.isFile }.map { lastComponent(of: $0.path) }
      notice(
        "\(argument): \(names.count) of \(runs.count.pluralized("run")) left out, without model.ckpt: "
          + names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : ""))
    }
    return try grouped(finished, argument)
  }

  /// The runs of a folder by their configs, in the order of their names.
  private static func grouped(_ runs: [RunFolder], _ argument: String) throws -> [ComparedPaths] {
    var groups: [(config: JSON, paths: [String])] = []
    for run in runs {
      let config = try ConfigSource.json(run.config.path).withoutSeed
      if let index = groups.firstIndex(where: { $0.config == config }) {
        groups[index].paths.append(run.path)
      } else {
        groups.append((config, [run.path]))
      }
    }
    let differences = ConfigDifferences(groups.map(\.config), ignoring: [], summarizesLayers: false).rows
    return groups.enumerated().map { number, group in
      let settings = differences.map { "\($0.key)=\($0.values[number])" }.joined(separator: ", ")
      return ComparedPaths(
        name: groups.count == 1 ? argument : "\(argument): \(settings)", paths: group.paths, isSingle: false)
    }
  }
}

extension JSON {
  /// A resolved config without what may differ within a group.
  fileprivate var withoutSeed: JSON {
    var config = self
    for key in ["seed", "name"] { config[key] = nil }
    if config["data"]?.members != nil { config["data"]?["fold"] = nil }
    return config
  }
}
