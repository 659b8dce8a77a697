import Formatting

extension ConfigField {
  /// An object, read key by key; keys that `read` does not ask for are faults.
  public static func object(_ read: @escaping @Sendable (ConfigDecoder) -> Value) -> ConfigField {
    /// A reader that has been asked for every key.
    @Sendable func recording() -> ConfigDecoder {
      let decoder = ConfigDecoder()
      _ = read(decoder)
      return decoder
    }
    var field = ConfigField(
      schema: { recording().schema },
      placeholder: { read(ConfigDecoder()) }
    ) { json, scope in
      guard let members = json.members else {
        scope.reject(json, expected: "an object in { }")
        return nil
      }
      let decoder = ConfigDecoder(members, at: json.location, scope: scope)
      let value = read(decoder)
      decoder.finish()
      json = decoder.resolved
      return value
    }
    field.keys = { recording().keys }
    return field
  }

  /// An object whose `type` names one of `variants` (at least one), which reads the other keys.
  ///
  /// With `allowsName`, a name alone stands for the object with this type and defaults for everything else.
  public static func variant(_ variants: [Variant<Value>], allowsName: Bool = false) -> ConfigField {
    let name = ConfigField<String>.name(among: variants.map(\.name))
    return ConfigField(
      schema: {
        let kinds = variants.map { (name: $0.name, schema: $0.field.schema()) }
        let names = kinds.filter { $0.schema["required"] == ["type"] }.map { JSON($0.name) }
        let short: [JSON] = allowsName && !names.isEmpty ? [["enum": JSON(names)]] : []
        return ["oneOf": JSON(short + kinds.map(\.schema))]
      },
      placeholder: { variants[0].field.placeholder() }
    ) { json, scope in
      if allowsName, json.string != nil {
        json = JSON(.object([JSON.Member("type", json, keyLocation: json.location)]), at: json.location)
      }
      guard json.members != nil else {
        scope.reject(json, expected: allowsName ? "a name or an object in { }" : "an object in { }")
        return nil
      }
      let tag = scope.appending("type")
      guard var type = json["type"] else {
        tag.report("is required", at: json.location)
        return nil
      }
      guard let chosen = name.decode(&type, tag), let variant = variants.first(where: { $0.name == chosen })
      else { return nil }
      let value = variant.field.decode(&json, scope)
      if allowsName, json.members?.count == 1 { json = type }
      return value
    }
  }
}

/// One of several kinds of objects which are told apart by their `type`.
public struct Variant<Value>: Sendable {
  /// What `type` says.
  public let name: String
  /// Reads an object of this kind, `type` included.
  let field: ConfigField<Value>

  /// The kind called `name`; `read` asks for all keys but `type`.
  public init(_ name: String, _ help: String, read: @escaping @Sendable (ConfigDecoder) -> Value) {
    self.name = name
    field = .object { decoder in
      _ = decoder.value("type", .constant(name), help)
      return read(decoder)
    }
  }
}

extension ConfigField where Value == String {
  fileprivate static func constant(_ text: String) -> ConfigField {
    ConfigField(text.quoted, schema: ["const": JSON(text)], placeholder: text) {
      $0.string == text ? text : nil
    }
  }
}
