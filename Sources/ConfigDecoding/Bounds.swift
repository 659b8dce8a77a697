/// The range of allowed numbers, with open or closed ends.
public struct Bounds<Number: Comparable & Sendable>: Sendable {
  private var lower: Number?
  private var upper: Number?
  private var isLowerOpen = false
  private var isUpperOpen = false

  /// Every number.
  public static var any: Bounds { Bounds() }
  /// At least `minimum`.
  public static func atLeast(_ minimum: Number) -> Bounds { Bounds(lower: minimum) }
  /// More than `minimum`, and at most `maximum` if there is one.
  public static func above(_ minimum: Number, atMost maximum: Number? = nil) -> Bounds {
    Bounds(lower: minimum, upper: maximum, isLowerOpen: true)
  }
  /// The closed range.
  public static func within(_ range: ClosedRange<Number>) -> Bounds {
    Bounds(lower: range.lowerBound, upper: range.upperBound)
  }
  /// The half-open range.
  public static func within(_ range: Range<Number>) -> Bounds {
    Bounds(lower: range.lowerBound, upper: range.upperBound, isUpperOpen: true)
  }

  /// Whether `number` is allowed.
  public func contains(_ number: Number) -> Bool {
    if let lower, number < lower || isLowerOpen && number == lower { return false }
    if let upper, number > upper || isUpperOpen && number == upper { return false }
    return true
  }
}

extension Bounds where Number: ConfigNumber {
  /// `from 1 to 10`, `of at least 1`, `greater than 0 and at most 1`; empty without bounds.
  var phrase: String {
    if let lower, let upper, !isLowerOpen, !isUpperOpen { return "from \(lower.json) to \(upper.json)" }
    let below = upper.map {
      "\(isUpperOpen ? "less than" : lower == nil ? "of at most" : "at most") \($0.json)"
    }
    let above = lower.map { "\(isLowerOpen ? "greater than" : "of at least") \($0.json)" }
    return [above, below].compactMap { $0 }.joined(separator: " and ")
  }

  /// The bounds as keywords of JSON Schema.
  var schema: [(String, JSON)] {
    let low = lower.map { (isLowerOpen ? "exclusiveMinimum" : "minimum", $0.json) }
    let high = upper.map { (isUpperOpen ? "exclusiveMaximum" : "maximum", $0.json) }
    return [low, high].compactMap { $0 }
  }

  /// A number within the bounds, used as a placeholder.
  var example: Number {
    guard let lower else { return min(upper ?? 0, 0) }
    return isLowerOpen ? upper ?? lower + 1 : lower
  }
}

/// A number type of configs.
protocol ConfigNumber: Comparable, Numeric, Sendable {
  /// The name in error messages: "an integer".
  static var noun: String { get }
  /// Its type in JSON Schema.
  static var schemaType: JSON { get }
  /// The value of a JSON number of this type; nil for any other JSON value.
  init?(json: JSON)
  /// The number as JSON.
  var json: JSON { get }
}

extension ConfigNumber where Self: FixedWidthInteger {
  static var noun: String { "an integer" }
  static var schemaType: JSON { "integer" }
  init?(json: JSON) {
    guard case .number(let number) = json.content, let value = number.exact(Self.self) else { return nil }
    self = value
  }
  var json: JSON { JSON(self) }
}

extension Int: ConfigNumber {}

extension UInt64: ConfigNumber {}

extension Double: ConfigNumber {
  static var noun: String { "a number" }
  static var schemaType: JSON { "number" }
  init?(json: JSON) {
    guard let number = json.number else { return nil }
    self = number
  }
  var json: JSON { JSON(self) }
}
