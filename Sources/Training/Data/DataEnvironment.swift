import Datasets

/// The part of the process environment that determines where data is found.
public struct DataEnvironment {
  /// The environment variables.
  public let variables: [String: String]
  /// The absolute path of the current folder.
  public let currentFolder: String
  /// Called when no data set is found: downloads it to the locator's folder, or throws.
  public let whenMissing: (DatasetLocator) throws -> Void

  /// An environment; by default a missing data set is an error.
  public init(
    variables: [String: String], currentFolder: String,
    whenMissing: @escaping (DatasetLocator) throws -> Void = { throw $0.notFound }
  ) {
    (self.variables, self.currentFolder, self.whenMissing) = (variables, currentFolder, whenMissing)
  }
}
