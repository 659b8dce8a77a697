/// A JSON value with its location in the source; equality ignores locations.
public struct JSON: Sendable {
  /// The value.
  public var content: Content
  /// The location of the value.
  public var location: ConfigLocation

  /// The kinds of JSON values; objects keep the order of their members.
  public enum Content: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Number)
    case string(String)
    case array([JSON])
    case object([Member])
  }

  /// One `"key": value` of an object.
  public struct Member: Sendable {
    /// The key, unescaped.
    public var key: String
    /// The location of the key.
    public var keyLocation: ConfigLocation
    /// The value of the key.
    public var value: JSON

    /// A member whose key is at `keyLocation`.
    public init(_ key: String, _ value: JSON, keyLocation: ConfigLocation = .code) {
      self.key = key
      self.keyLocation = keyLocation
      self.value = value
    }
  }

  /// A value at `location`.
  public init(_ content: Content, at location: ConfigLocation = .code) {
    self.content = content
    self.location = location
  }

  /// The same value with every nested value at `location`.
  public func relocated(to location: ConfigLocation) -> JSON {
    switch content {
    case .array(let elements):
      JSON(.array(elements.map { $0.relocated(to: location) }), at: location)
    case .object(let members):
      JSON(
        .object(members.map { Member($0.key, $0.value.relocated(to: location), keyLocation: location) }),
        at: location)
    default: JSON(content, at: location)
    }
  }
}

extension JSON: Equatable {
  /// Whether both are the same JSON, at any location.
  public static func == (left: JSON, right: JSON) -> Bool { left.content == right.content }
}

extension JSON.Member: Equatable {
  /// Whether key and value are the same, at any location.
  public static func == (left: Self, right: Self) -> Bool {
    left.key == right.key && left.value == right.value
  }
}

extension JSON {
  /// The value of a boolean, nil for anything else.
  public var bool: Bool? { if case .bool(let value) = content { value } else { nil } }
  /// The content of a string, nil for anything else.
  public var string: String? { if case .string(let text) = content { text } else { nil } }
  /// The value of a number, nil for anything else.
  public var number: Double? { if case .number(let number) = content { number.double } else { nil } }
  /// The exact value of a number that is an `Int`, nil for anything else.
  public var integer: Int? { if case .number(let number) = content { number.exact(Int.self) } else { nil } }
  /// The exact value of a number that is a `UInt64`, nil for anything else.
  public var unsigned: UInt64? {
    if case .number(let number) = content { number.exact(UInt64.self) } else { nil }
  }
  /// The elements of an array, nil for anything else.
  public var array: [JSON]? { if case .array(let elements) = content { elements } else { nil } }
  /// The members of an object, nil for anything else.
  public var members: [Member]? { if case .object(let members) = content { members } else { nil } }
  /// Whether this is `null`.
  public var isNull: Bool { content == .null }

  /// The value of `key` in an object; nil if there is none. Setting nil removes the member.
  public subscript(key: String) -> JSON? {
    get { members?.first { $0.key == key }?.value }
    set {
      var members = members ?? []
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let newValue?): members[index].value = newValue
      case (let index?, nil): members.remove(at: index)
      case (nil, let newValue?): members.append(Member(key, newValue, keyLocation: newValue.location))
      case (nil, nil): break
      }
      content = .object(members)
    }
  }
}

extension JSON {
  /// A JSON string.
  public init(_ text: String) { self.init(.string(text)) }
  /// `true` or `false`.
  public init(_ flag: Bool) { self.init(.bool(flag)) }
  /// A JSON number from an integer.
  public init(_ number: some BinaryInteger) { self.init(.number(Number(number))) }
  /// A JSON number in its shortest exact form, or `null` if it is not finite, which JSON cannot represent.
  public init(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
    self.init(Number(number).map(Content.number) ?? .null)
  }
  /// A JSON array.
  public init(_ elements: [JSON]) { self.init(.array(elements)) }
  /// A JSON object with its members in this order; the keys must differ.
  public init(object members: [(String, JSON)]) {
    self.init(.object(members.map { Member($0.0, $0.1) }))
  }
}

extension JSON: ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `"same"` as a JSON string.
  public init(stringLiteral text: String) { self.init(text) }
  /// `true` as a JSON boolean.
  public init(booleanLiteral flag: Bool) { self.init(flag) }
  /// `10` as a JSON number.
  public init(integerLiteral number: Int) { self.init(.number(Number(number))) }
  /// `0.5` as a JSON number.
  public init(floatLiteral number: Double) { self.init(Number(number).map(Content.number) ?? .null) }
  /// `[1, 28, 28]` as a JSON array.
  public init(arrayLiteral elements: JSON...) { self.init(elements) }
  /// `["type": "relu"]` as a JSON object, in this order.
  public init(dictionaryLiteral members: (String, JSON)...) { self.init(object: members) }
  /// The JSON value `null`.
  public static let null = JSON(.null)
}
