import Datasets

/// Where the program runs, as far as finding data is concerned.
public struct DataEnvironment {
  /// The environment variables.
  public let variables: [String: String]
  /// The current folder, absolute.
  public let currentFolder: String
  /// Called when no data set is found; it fetches one to where the locator wants it, or throws.
  public let whenMissing: (DatasetLocator) throws -> Void

  /// An environment; by default a missing data set is an error.
  public init(
    variables: [String: String], currentFolder: String,
    whenMissing: @escaping (DatasetLocator) throws -> Void = { throw $0.notFound }
  ) {
    (self.variables, self.currentFolder, self.whenMissing) = (variables, currentFolder, whenMissing)
  }
}
