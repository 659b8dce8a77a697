import CNNEngine
import ConfigDecoding
import Datasets
import FileIO

/// Loads the images on which networks are evaluated. What was loaded last is kept: most often the next network has the
/// same.
public struct SplitLoader {
  private let directory: String?
  private let environment: DataEnvironment
  private let notice: (String) -> Void
  private var loaded: (key: Key, data: ExperimentData, subset: Subset)?

  /// What decides which images a network is evaluated on.
  private struct Key: Equatable {
    let split: ExperimentData.Split
    let record: DataRecord?
    let section: JSON?
    let input: Shape
    let classNames: [String]
    /// The seed, where it draws or splits the images.
    let seed: UInt64?
  }

  /// A loader.
  ///
  /// - Parameters:
  ///   - directory: `--data`; nil for the data of each run.
  ///   - notice: called with lines for the user.
  public init(directory: String?, environment: DataEnvironment, notice: @escaping (String) -> Void) {
    (self.directory, self.environment, self.notice) = (directory, environment, notice)
  }

  /// A part of the data of `model`, and whether it was loaded anew.
  ///
  /// - Throws: as `ExperimentData.load`.
  public mutating func load(
    _ split: ExperimentData.Split, of model: LoadedModel
  ) throws -> (data: ExperimentData, subset: Subset, isNew: Bool) {
    let section = model.config.resolved["data"]
    let isDrawn =
      split != .test || model.config.data.resplit != nil || model.config.data.source == .builtin
      || model.data?.isBuiltin == true
    let key = Key(
      split: split, record: model.data, section: section, input: model.config.model.input,
      classNames: model.classNames, seed: isDrawn ? model.config.seed : nil)
    if let loaded, loaded.key == key { return (loaded.data, loaded.subset, false) }
    loaded = nil
    let data = try model.loadData(directory: directory, environment: environment, for: split)
    for line in data.notices { notice(line) }
    let subset = try data.split(split)
    loaded = (key, data, subset)
    return (data, subset, true)
  }

  /// A part of the data that all of `models` have in common.
  ///
  /// - Throws: also `DataError.unsatisfiable` where two have different images, some of which one may have been trained on.
  public mutating func load(
    _ split: ExperimentData.Split, ofAll models: [LoadedModel]
  ) throws -> (data: ExperimentData, subset: Subset) {
    let (data, subset, _) = try load(split, of: models[0])
    var fingerprint: String?
    for model in models.dropFirst() {
      let (otherData, other, isNew) = try load(split, of: model)
      guard isNew else { continue }
      let first = fingerprint ?? subset.fingerprint(classes: data.classNames.count)
      fingerprint = first
      if other.fingerprint(classes: otherData.classNames.count) != first {
        throw DataError.unsatisfiable(
          reason:
            "\(model.path): its \(split.rawValue) images are not those of \(models[0].path), which may have "
            + "been trained on them; only networks with the same ones vote on them")
      }
    }
    return (data, subset)
  }
}
