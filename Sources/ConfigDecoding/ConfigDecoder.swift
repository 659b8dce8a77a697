/// Decodes one object of a config, key by key.
///
/// The decoding function is the only definition of the object: the keys it decodes are the known ones, and any other
/// key is an error; its defaults complete the config; and called without a config, it generates the JSON Schema.
///
///     struct EarlyStop {
///       var patience: Int
///       init(decoding decoder: ConfigDecoder) {
///         patience = decoder.value("patience", .integer(.atLeast(1)), default: 3, "Epochs to wait.")
///       }
///     }
///     let config = try ConfigField.object(EarlyStop.init(decoding:)).read(json).value
public final class ConfigDecoder {
  /// The location of the object.
  public let location: ConfigLocation

  private let scope: Scope
  private let members: [JSON.Member]
  private let isGeneratingSchema: Bool
  private var entries: [Entry] = []

  /// A decoded key.
  private struct Entry {
    let key: String
    let help: String
    let isRequired: Bool
    let fallback: JSON?
    let schema: () -> JSON
    let keys: () -> [String]
    let resolved: JSON
  }

  init(_ members: [JSON.Member], at location: ConfigLocation, scope: Scope) {
    (self.members, self.location, self.scope, isGeneratingSchema) = (members, location, scope, false)
  }

  /// A decoder without a config, which records the keys for the schema: no key is present, and nothing is an error.
  init() {
    (members, location, isGeneratingSchema) = ([], .code, true)
    scope = Scope(path: JSONPath(), issues: IssueList())
  }

  /// The path of the object: `model.layers[3]`.
  public var path: String { scope.path.description }

  /// The location of the value of `key`, or of the whole object without one.
  public func location(of key: String) -> ConfigLocation {
    members.first { $0.key == key }?.value.location ?? location
  }

  /// The value of `key`, or the default if the key is absent; without a default the key is required.
  ///
  /// The default is written as in a config. After an error a placeholder is returned, so that decoding continues and
  /// all errors are reported at once.
  public func value<Value>(
    _ key: String, _ field: ConfigField<Value>, default fallback: JSON? = nil, _ help: String
  ) -> Value {
    let given = members.first { $0.key == key }?.value ?? fallback?.relocated(to: location)
    if given == nil && !isGeneratingSchema { report("is required", at: key) }
    var resolved = given ?? .null
    let value = given == nil ? nil : field.decode(&resolved, scope.appending(key))
    entries.append(
      Entry(
        key: key, help: help, isRequired: fallback == nil, fallback: fallback, schema: field.schema,
        keys: field.keys, resolved: resolved))
    return value ?? field.placeholder()
  }

  /// The value of `key`, or nil if the key is absent or `null`.
  public func optional<Value>(_ key: String, _ field: ConfigField<Value>, _ help: String) -> Value? {
    var nullable = ConfigField<Value?>(
      schema: {
        var schema = field.schema()
        if let type = schema["type"]?.string { schema["type"] = [JSON(type), "null"] }
        return schema["type"] == nil ? ["anyOf": [schema, ["type": "null"]]] : schema
      },
      placeholder: { nil },
      decode: { json, scope in json.isNull ? nil : field.decode(&json, scope) })
    nullable.keys = field.keys
    return value(key, nullable, default: .null, help)
  }

  /// Reports an error about the value of `key`, or about the whole object.
  public func report(_ message: String, at key: String? = nil) {
    let member = members.first { $0.key == key }
    (key.map(scope.appending) ?? scope).report(message, at: member?.value.location ?? location)
  }

  /// Reports every unknown key.
  func finish() {
    let known = Set(entries.map(\.key))
    let unknown = members.filter { !known.contains($0.key) }
    if unknown.isEmpty { return }
    let missing = keys.filter { key in !members.contains { $0.key == key } }
    let nested = entries.map { (key: $0.key, keys: $0.keys()) }
    for member in unknown.prefix(ConfigError.shownIssues) {
      let owner = nested.first { $0.keys.contains(member.key) }
      let hint =
        owner.map { "; did you mean \("\($0.key).\(member.key)".quoted)?" }
        // A misspelt key in a file cannot mean a key that is present as well; that of a flag can.
        ?? Spelling.hint(for: member.key, among: member.keyLocation.isFlag ? keys : missing)
      scope.appending(member.key).report("unknown key\(hint)", at: member.keyLocation)
    }
  }

  /// The known keys.
  var keys: [String] { entries.map(\.key) }

  /// The object with all known keys, in the order of decoding, and their values or defaults.
  var resolved: JSON {
    JSON(
      .object(entries.map { JSON.Member($0.key, $0.resolved, keyLocation: $0.resolved.location) }),
      at: location)
  }

  /// The JSON Schema of the object.
  var schema: JSON {
    let properties = entries.map { entry in
      let description = entry.help.isEmpty ? [] : [("description", JSON(entry.help))]
      let keywords = (entry.schema().members ?? []).map { ($0.key, $0.value) }
      let fallback = entry.fallback.map { [("default", $0)] } ?? []
      return (entry.key, JSON(object: description + keywords + fallback))
    }
    let required = entries.filter(\.isRequired).map { JSON($0.key) }
    return JSON(
      object: [("type", "object"), ("properties", JSON(object: properties))]
        + (required.isEmpty ? [] : [("required", JSON(required))]) + [("additionalProperties", false)])
  }
}
