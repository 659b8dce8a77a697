import Formatting

extension ConfigField {
  /// An object, decoded key by key; keys that `read` does not decode are errors.
  public static func object(_ read: @escaping @Sendable (ConfigDecoder) -> Value) -> ConfigField {
    /// A decoder without a config that has recorded every key.
    @Sendable func recorded() -> ConfigDecoder {
      let decoder = ConfigDecoder()
      _ = read(decoder)
      return decoder
    }
    var field = ConfigField(
      schema: { recorded().schema },
      placeholder: { read(ConfigDecoder()) }
    ) { json, scope in
      guard let members = json.members else {
        scope.reportTypeMismatch(json, expected: "an object in { }")
        return nil
      }
      let decoder = ConfigDecoder(members, at: json.location, scope: scope)
      let value = read(decoder)
      decoder.finish()
      json = decoder.resolved
      return value
    }
    field.keys = { recorded().keys }
    return field
  }

  /// An object whose `type` selects one of `variants` (at least one), which decodes the other keys.
  ///
  /// With `allowsName`, a string is the short form of an object that has only this `type`.
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
      let isName = allowsName && json.string != nil
      if isName {
        json = JSON(.object([JSON.Member("type", json, keyLocation: json.location)]), at: json.location)
      }
      guard json.members != nil else {
        scope.reportTypeMismatch(
          json, expected: allowsName ? "a name or an object in { }" : "an object in { }")
        return nil
      }
      let tag = isName ? scope : scope.appending("type")
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

/// A variant of an object, selected by its `type`.
public struct Variant<Value>: Sendable {
  /// The value of `type`.
  public let name: String
  /// The object, `type` included.
  let field: ConfigField<Value>

  /// The variant called `name`; `read` decodes all keys but `type`.
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
