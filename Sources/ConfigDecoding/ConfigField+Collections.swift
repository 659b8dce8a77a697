extension ConfigField {
  /// An array whose elements have one field type; `count` is the allowed number of elements.
  public static func list<Element>(
    of element: ConfigField<Element>, count: Bounds<Int> = .atLeast(0)
  ) -> ConfigField where Value == [Element] {
    ConfigField(
      schema: {
        let limits = count.schema.map { ($0.0 == "minimum" ? "minItems" : "maxItems", $0.1) }
        return JSON(object: [("type", "array"), ("items", element.schema())] + limits)
      },
      placeholder: { (0..<max(0, count.example)).map { _ in element.placeholder() } }
    ) { json, scope in
      guard var elements = json.array else {
        scope.reportTypeMismatch(json, expected: "an array in [ ]")
        return nil
      }
      if !count.contains(elements.count) {
        scope.report(
          "must have a number of elements \(count.phrase), not \(elements.count)", at: json.location)
        return nil
      }
      let values = elements.indices.map { element.decode(&elements[$0], scope.appending($0)) }
      json.content = .array(elements)
      return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
    }
  }

  /// One element, or an array of them.
  public static func oneOrMore<Element>(
    of element: ConfigField<Element>, count: Bounds<Int> = .atLeast(1)
  ) -> ConfigField where Value == [Element] {
    let several = list(of: element, count: count)
    return ConfigField(
      schema: { ["anyOf": [element.schema(), several.schema()]] }, placeholder: { [] }
    ) { json, scope in
      if json.array != nil { return several.decode(&json, scope) }
      return element.decode(&json, scope).map { [$0] }
    }
  }

  /// An integer for both height and width, or `[height, width]`.
  public static func pair(_ bounds: Bounds<Int> = .any) -> ConfigField where Value == (Int, Int) {
    let number = ConfigField<Int>.integer(bounds)
    let both = ConfigField<[Int]>.list(of: number, count: .within(2...2))
    return ConfigField(
      schema: { ["anyOf": [number.schema(), both.schema()]] },
      placeholder: { (bounds.example, bounds.example) }
    ) { json, scope in
      if json.array != nil { return both.decode(&json, scope).map { ($0[0], $0[1]) } }
      if json.number == nil {
        scope.reportTypeMismatch(json, expected: "an integer or [height, width]")
        return nil
      }
      return number.decode(&json, scope).map { ($0, $0) }
    }
  }
}
