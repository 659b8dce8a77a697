import Formatting

/// An error of a config: location, path and message.
public struct ConfigIssue: Error, Sendable, Hashable {
  /// The location of the key or value.
  public var location: ConfigLocation
  /// The path, such as `model.layers[3].kernel`; empty for the whole text.
  public var path: String
  /// The message, without location and path.
  public var message: String

  /// An error about `path` at `location`.
  public init(location: ConfigLocation, path: String, message: String) {
    self.location = location
    self.path = path
    self.message = message
  }
}

extension ConfigIssue: CustomStringConvertible {
  /// One line: `lenet.json:30:7: train.epoch: unknown key; did you mean "epochs"?`
  public var description: String {
    [location.description, path, message].filter { !$0.isEmpty }.joined(separator: ": ").oneLine
  }
}

/// All errors of a config, in the order of their locations.
public struct ConfigError: Error, Sendable, Equatable {
  /// The errors, at least one, sorted by location.
  public let issues: [ConfigIssue]

  /// An error with these issues.
  public init(_ issues: [ConfigIssue]) {
    self.issues = issues.sorted { $0.location < $1.location }
  }
}

extension ConfigError: CustomStringConvertible {
  /// One line for each issue; of more than a hundred, the first ones.
  public var description: String {
    let rest = issues.count - Self.shownIssues
    let lines = issues.prefix(Self.shownIssues).map(\.description)
    return (lines + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "\n")
  }

  static let shownIssues = 100
}

/// Collects the issues of a config while it is decoded, so that all are reported at once.
public final class IssueList {
  /// The issues in the order in which they were reported.
  public private(set) var issues: [ConfigIssue] = []

  /// An empty list.
  public init() {}

  /// Adds one issue.
  public func report(_ issue: ConfigIssue) { issues.append(issue) }

  /// Throws a `ConfigError` with all issues if there are any.
  public func check() throws(ConfigError) {
    if !issues.isEmpty { throw ConfigError(issues) }
  }
}
