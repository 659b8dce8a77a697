/// Reads one object of a config, key by key.
///
/// The function that reads is all there is to say about the object: what it asks for are the known keys, and
/// everything else is an error; the defaults it names complete the config; and run once more without any
/// config, it gives the JSON Schema.
///
///     struct EarlyStop {
///       var patience: Int
///       init(reading reader: ConfigDecoder) {
///         patience = reader.value("patience", .integer(.atLeast(1)), default: 3, "Epochs to wait.")
///       }
///     }
///     let config = try ConfigField.object(EarlyStop.init(reading:)).read(json).value
public final class ConfigDecoder {
  /// Where the object was written.
  public let location: ConfigLocation

  private let scope: Scope
  private let members: [JSON.Member]
  private let isRecording: Bool
  private var questions: [Question] = []

  private struct Question {
    let key: String
    let help: String
    let isRequired: Bool
    let fallback: JSON?
    let schema: () -> JSON
    let keys: () -> [String]
    let resolved: JSON
  }

  init(_ members: [JSON.Member], at location: ConfigLocation, scope: Scope) {
    (self.members, self.location, self.scope, isRecording) = (members, location, scope, false)
  }

  /// A reader of no config, for the sake of the questions: every key is absent, and nothing is an error.
  init() {
    (members, location, isRecording) = ([], .code, true)
    scope = Scope(path: JSONPath(), issues: IssueList())
  }

  /// The keys that lead to the object: `model.layers[3]`.
  public var path: String { scope.path.description }

  /// The value under `key`, or the default if the key is absent; without a default the key is required.
  ///
  /// The default is written as in a config. After a fault a harmless value is returned, so that reading goes
  /// on and finds the other faults as well.
  public func value<Value>(
    _ key: String, _ field: ConfigField<Value>, default fallback: JSON? = nil, _ help: String
  ) -> Value {
    let given = members.first { $0.key == key }?.value ?? fallback?.relocated(to: location)
    if given == nil && !isRecording { report("is required", at: key) }
    var resolved = given ?? .null
    let value = given == nil ? nil : field.decode(&resolved, scope.appending(key))
    questions.append(
      Question(
        key: key, help: help, isRequired: fallback == nil, fallback: fallback, schema: field.schema,
        keys: field.keys, resolved: resolved))
    return value ?? field.placeholder()
  }

  /// The value under `key`, or nil if the key is absent or `null`.
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

  /// Reports a fault of the value under `key`, or of the whole object.
  public func report(_ message: String, at key: String? = nil) {
    let member = members.first { $0.key == key }
    (key.map(scope.appending) ?? scope).report(message, at: member?.value.location ?? location)
  }

  /// Reports every key that has not been asked for.
  func finish() {
    let known = Set(questions.map(\.key))
    let unknown = members.filter { !known.contains($0.key) }
    if unknown.isEmpty { return }
    let missing = keys.filter { key in !members.contains { $0.key == key } }
    let nested = questions.map { (key: $0.key, keys: $0.keys()) }
    for member in unknown.prefix(ConfigError.shownIssues) {
      let owner = nested.first { $0.keys.contains(member.key) }
      let hint =
        owner.map { "; did you mean \("\($0.key).\(member.key)".quoted)?" }
        // Whoever wrote a key into a file did not mean one that is there as well; a flag changes those, too.
        ?? Spelling.hint(for: member.key, among: member.keyLocation.isFlag ? keys : missing)
      scope.appending(member.key).report("unknown key\(hint)", at: member.keyLocation)
    }
  }

  /// The keys that were asked for.
  var keys: [String] { questions.map(\.key) }

  /// The object with every key that was asked for, in this order, and its value after defaults.
  var resolved: JSON {
    JSON(
      .object(questions.map { JSON.Member($0.key, $0.resolved, keyLocation: $0.resolved.location) }),
      at: location)
  }

  /// The JSON Schema of the object.
  var schema: JSON {
    let properties = questions.map { question in
      let description = question.help.isEmpty ? [] : [("description", JSON(question.help))]
      let keywords = (question.schema().members ?? []).map { ($0.key, $0.value) }
      let fallback = question.fallback.map { [("default", $0)] } ?? []
      return (question.key, JSON(object: description + keywords + fallback))
    }
    let required = questions.filter(\.isRequired).map { JSON($0.key) }
    return JSON(
      object: [("type", "object"), ("properties", JSON(object: properties))]
        + (required.isEmpty ? [] : [("required", JSON(required))]) + [("additionalProperties", false)])
  }
}
