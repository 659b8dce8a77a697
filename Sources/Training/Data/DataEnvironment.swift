import Datasets

/// The part of the process environment that determines where data is found.
public struct DataEnvironment {
  /// The environment variables.
  public let variables: [String: String]
  /// The absolute path of the current folder.
  public let currentFolder: String
  /// Called when no data set is found: downloads it to the locator's folder, or throws.
  public let whenMissing: (DatasetLocator) throws -> Void

  /// Called with the number of pictures or bytes that have been read, and of all; by several threads, never at once.
  public var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  /// The names of the classes of a run, which decide the labels of other data.
  private(set) var classNames: [String]?

  /// The environment for a run whose classes have these names.
  func naming(_ classNames: [String]) -> DataEnvironment {
    var environment = self
    environment.classNames = classNames.isEmpty ? nil : classNames
    return environment
  }

  /// An environment; by default a missing data set is an error.
  public init(
    variables: [String: String], currentFolder: String,
    whenMissing: @escaping (DatasetLocator) throws -> Void = { throw $0.notFound }
  ) {
    (self.variables, self.currentFolder, self.whenMissing) = (variables, currentFolder, whenMissing)
  }
}
