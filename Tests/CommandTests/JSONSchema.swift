import Foundation

/// As much of JSON Schema as the schema of a config uses; 0 and 1 pass for booleans, as Foundation reads them.
enum JSONSchema {
  /// The paths of values that `schema` does not allow.
  static func faults(of value: Any, in schema: [String: Any], at path: String = "") -> [String] {
    for (keyword, exactlyOne) in [("oneOf", true), ("anyOf", false)] {
      guard let choices = schema[keyword] as? [[String: Any]] else { continue }
      let results = choices.map { faults(of: value, in: $0, at: path) }
      let fitting = results.count { $0.isEmpty }
      if exactlyOne ? fitting != 1 : fitting == 0 {
        return results.min { $0.count < $1.count } ?? ["\(path): fits \(fitting) of \(keyword)"]
      }
    }
    return plainFaults(of: value, in: schema, at: path)
  }

  private static func plainFaults(of value: Any, in schema: [String: Any], at path: String) -> [String] {
    var faults: [String] = []
    func check(_ holds: Bool, _ keyword: String) { if !holds { faults.append("\(path): \(keyword)") } }
    let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] }
    if let types { check(types.contains { isOf($0, value) }, "type") }
    if let constant = schema["const"] as? NSObject { check(constant.isEqual(value), "const") }
    if let choices = schema["enum"] as? [NSObject] { check(choices.contains { $0.isEqual(value) }, "enum") }
    if let number = value as? Double {
      if let least = schema["minimum"] as? Double { check(number >= least, "minimum") }
      if let most = schema["maximum"] as? Double { check(number <= most, "maximum") }
      if let limit = schema["exclusiveMinimum"] as? Double { check(number > limit, "exclusiveMinimum") }
    }
    if let elements = value as? [Any] {
      if let least = schema["minItems"] as? Int { check(elements.count >= least, "minItems") }
      if let most = schema["maxItems"] as? Int { check(elements.count <= most, "maxItems") }
      if let items = schema["items"] as? [String: Any] {
        for (index, element) in elements.enumerated() {
          faults += Self.faults(of: element, in: items, at: "\(path)[\(index)]")
        }
      }
    }
    if let members = value as? [String: Any],
      let properties = schema["properties"] as? [String: [String: Any]]
    {
      for key in schema["required"] as? [String] ?? [] { check(members[key] != nil, "required \(key)") }
      for (key, member) in members {
        if let property = properties[key] {
          faults += Self.faults(of: member, in: property, at: "\(path).\(key)")
        } else if schema["additionalProperties"] as? Bool == false {
          faults.append("\(path).\(key): unknown")
        }
      }
    }
    return faults
  }

  private static func isOf(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "object": return value is [String: Any]
    case "array": return value is [Any]
    case "string": return value is String
    case "null": return value is NSNull
    case "boolean": return value is Bool
    case "integer": return (value as? Double).map { $0 == $0.rounded() } ?? false
    case "number": return value is Double
    default: return false
    }
  }
}
