import Formatting

extension ConfigField where Value == Bool {
  /// `true` or `false`.
  public static var boolean: ConfigField {
    ConfigField("true or false", schema: ["type": "boolean"], placeholder: false) { $0.bool }
  }
}

extension ConfigField where Value == Int {
  /// An integer.
  public static func integer(_ bounds: Bounds<Int> = .any) -> ConfigField { numeric(bounds) }
}

extension ConfigField where Value == UInt64 {
  /// An integer from 0 to 2^64 - 1, such as a seed.
  public static func unsigned(_ bounds: Bounds<UInt64> = .within(0...UInt64.max)) -> ConfigField {
    numeric(bounds)
  }
}

extension ConfigField where Value == Double {
  /// A number.
  public static func number(_ bounds: Bounds<Double> = .any) -> ConfigField { numeric(bounds) }
}

extension ConfigField where Value: ConfigNumber {
  private static func numeric(_ bounds: Bounds<Value>) -> ConfigField {
    ConfigField(
      schema: { JSON(object: [("type", Value.schemaType)] + bounds.schema) }, placeholder: { bounds.example }
    ) { json, scope in
      if let number = Value(json: json), bounds.contains(number) { return number }
      let range = json.number == nil || bounds.phrase.isEmpty ? "" : " " + bounds.phrase
      scope.reportTypeMismatch(json, expected: Value.noun + range)
      return nil
    }
  }
}

extension ConfigField where Value == String {
  /// A string.
  public static var string: ConfigField {
    ConfigField("a string", schema: ["type": "string"], placeholder: "") { $0.string }
  }

  /// One of `names`, which must not be empty.
  public static func name(among names: [String]) -> ConfigField {
    ConfigField(schema: { ["enum": JSON(names.map { JSON($0) })] }, placeholder: { names[0] }) {
      json, scope in
      if let name = json.string, names.contains(name) { return name }
      let choices = names.map(\.quoted).joined(separator: ", ")
      let hint = json.string.map { Spelling.hint(for: $0, among: names) } ?? ""
      scope.reportTypeMismatch(json, expected: names.count == 1 ? choices : "one of \(choices)", hint: hint)
      return nil
    }
  }
}

extension ConfigField where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
  /// One of the cases of an enumeration, by raw value.
  public static func choice(of type: Value.Type = Value.self) -> ConfigField {
    let name = ConfigField<String>.name(among: type.allCases.map(\.rawValue))
    return ConfigField(schema: name.schema, placeholder: { Value.allCases[Value.allCases.startIndex] }) {
      json, scope in
      name.decode(&json, scope).flatMap(Value.init(rawValue:))
    }
  }
}
