import Formatting

/// One fault of a config: where it is, which key it is about and what is wrong.
public struct ConfigIssue: Error, Sendable, Hashable {
  /// Where the faulty key or value was written.
  public var location: ConfigLocation
  /// The keys that lead to it, such as `model.layers[3].kernel`; empty for the whole text.
  public var path: String
  /// What is wrong, without the location and the path.
  public var message: String

  /// An issue about `path`, found at `location`.
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

/// All faults of a config, in the order of their locations.
public struct ConfigError: Error, Sendable, Equatable {
  /// The faults, at least one, sorted by location.
  public let issues: [ConfigIssue]

  /// An error that holds `issues`, sorted.
  public init(_ issues: [ConfigIssue]) {
    self.issues = issues.sorted { $0.location < $1.location }
  }
}

extension ConfigError: CustomStringConvertible {
  /// One line for each issue, for the first hundred of them.
  public var description: String {
    let rest = issues.count - Self.shownIssues
    let lines = issues.prefix(Self.shownIssues).map(\.description)
    return (lines + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "\n")
  }

  static let shownIssues = 100
}

/// Collects the issues of one config while it is read, so that all of them come out at once.
public final class IssueList {
  /// The issues so far, in the order they were found.
  public private(set) var issues: [ConfigIssue] = []

  /// An empty list.
  public init() {}

  /// Adds one issue.
  public func report(_ issue: ConfigIssue) { issues.append(issue) }

  /// Throws a `ConfigError` with all issues if there is any.
  public func check() throws(ConfigError) {
    if !issues.isEmpty { throw ConfigError(issues) }
  }
}
