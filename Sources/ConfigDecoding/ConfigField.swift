/// What may stand under a key: how it is read, checked and described in a JSON Schema.
///
/// Fields compose: `.list(of: .variant(layers))` reads an array of objects told apart by their `type`.
public struct ConfigField<Value>: Sendable {
  /// Its JSON Schema.
  let schema: @Sendable () -> JSON
  /// A harmless value to go on with after a fault.
  let placeholder: @Sendable () -> Value
  /// Reads a value and puts what it stands for in full in its location; reports faults, nil if no value results.
  let decode: @Sendable (inout JSON, Scope) -> Value?
  /// The keys of an object; none of anything else.
  var keys: @Sendable () -> [String] = { [] }

  init(
    schema: @escaping @Sendable () -> JSON, placeholder: @escaping @Sendable () -> Value,
    decode: @escaping @Sendable (inout JSON, Scope) -> Value?
  ) {
    self.schema = schema
    self.placeholder = placeholder
    self.decode = decode
  }

  /// A field of any form: `read` gives nil for a value which is not `expectation`, as in "must be `expectation`,
  /// not 3".
  public init(
    _ expectation: String, schema: JSON, placeholder: @autoclosure @escaping @Sendable () -> Value,
    read: @escaping @Sendable (JSON) -> Value?
  ) {
    self.init(schema: { schema }, placeholder: placeholder) { json, scope in
      let value = read(json)
      if value == nil { scope.reject(json, expected: expectation) }
      return value
    }
  }

  /// The JSON Schema of the field.
  public var jsonSchema: JSON { schema() }

  /// Reads a whole config; `resolved` is the config with every default filled in.
  ///
  /// Faults are added to `issues`; if there are any, the value is not to be used.
  public func read(_ json: JSON, issues: IssueList) -> (value: Value, resolved: JSON) {
    var resolved = json
    let value = decode(&resolved, Scope(path: JSONPath(), issues: issues))
    return (value ?? placeholder(), resolved)
  }

  /// Reads a whole config as above and throws all its faults.
  public func read(_ json: JSON) throws(ConfigError) -> (value: Value, resolved: JSON) {
    let issues = IssueList()
    let result = read(json, issues: issues)
    try issues.check()
    return result
  }
}

/// Where the reader is within the config, and who hears of faults.
struct Scope {
  let path: JSONPath
  let issues: IssueList

  func appending(_ key: String) -> Scope { Scope(path: path.appending(key), issues: issues) }

  func appending(_ index: Int) -> Scope { Scope(path: path.appending(index), issues: issues) }

  func report(_ message: String, at location: ConfigLocation) {
    issues.report(ConfigIssue(location: location, path: path.description, message: message))
  }

  func reject(_ json: JSON, expected: String, hint: String = "") {
    report("must be \(expected), not \(json.summary)\(hint)", at: json.location)
  }
}

extension JSON {
  /// The value in a few words for an error.
  fileprivate var summary: String {
    if members != nil { return "an object" }
    let text = description
    if text.count <= 40 { return text }
    return array.map { "a list of \($0.count)" } ?? "\(text.prefix(40))…"
  }
}
