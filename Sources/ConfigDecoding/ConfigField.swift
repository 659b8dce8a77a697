/// A field of a config: decodes and validates a JSON value, and describes it in a JSON Schema.
///
/// Fields compose: `.list(of: .variant(layers))` decodes an array of objects whose `type` selects a variant.
public struct ConfigField<Value>: Sendable {
  /// The JSON Schema of the field.
  let schema: @Sendable () -> JSON
  /// A valid value with which decoding continues after an error.
  let placeholder: @Sendable () -> Value
  /// Decodes a value and replaces the JSON by its resolved form, defaults included; nil after an error, which is reported.
  let decode: @Sendable (inout JSON, Scope) -> Value?
  /// The keys of an object field; none for other fields.
  var keys: @Sendable () -> [String] = { [] }

  init(
    schema: @escaping @Sendable () -> JSON, placeholder: @escaping @Sendable () -> Value,
    decode: @escaping @Sendable (inout JSON, Scope) -> Value?
  ) {
    self.schema = schema
    self.placeholder = placeholder
    self.decode = decode
  }

  /// A custom field: `read` returns nil for an invalid value; the error is "must be `expectation`, not 3".
  public init(
    _ expectation: String, schema: JSON, placeholder: @autoclosure @escaping @Sendable () -> Value,
    read: @escaping @Sendable (JSON) -> Value?
  ) {
    self.init(schema: { schema }, placeholder: placeholder) { json, scope in
      let value = read(json)
      if value == nil { scope.reportTypeMismatch(json, expected: expectation) }
      return value
    }
  }

  /// The JSON Schema of the field.
  public var jsonSchema: JSON { schema() }

  /// Decodes a whole config; `resolved` is the config with all defaults.
  ///
  /// Errors are added to `issues`; if there are any, the value is a placeholder.
  public func read(_ json: JSON, issues: IssueList) -> (value: Value, resolved: JSON) {
    var resolved = json
    let value = decode(&resolved, Scope(path: JSONPath(), issues: issues))
    return (value ?? placeholder(), resolved)
  }

  /// Decodes a whole config as above; throws all its errors.
  public func read(_ json: JSON) throws(ConfigError) -> (value: Value, resolved: JSON) {
    let issues = IssueList()
    let result = read(json, issues: issues)
    try issues.check()
    return result
  }
}

/// The path within the config that is decoded, and the list of errors.
struct Scope {
  let path: JSONPath
  let issues: IssueList

  func appending(_ key: String) -> Scope { Scope(path: path.appending(key), issues: issues) }

  func appending(_ index: Int) -> Scope { Scope(path: path.appending(index), issues: issues) }

  func report(_ message: String, at location: ConfigLocation) {
    issues.report(ConfigIssue(location: location, path: path.description, message: message))
  }

  func reportTypeMismatch(_ json: JSON, expected: String, hint: String = "") {
    report("must be \(expected), not \(json.summary)\(hint)", at: json.location)
  }
}

extension JSON {
  /// The value for an error message, shortened.
  fileprivate var summary: String {
    if members != nil { return "an object" }
    let text = description
    if text.count <= 40 { return text }
    return array.map { "an array of \($0.count)" } ?? "\(text.prefix(40))…"
  }
}
