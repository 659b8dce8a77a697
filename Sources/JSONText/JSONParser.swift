import ConfigDecoding

extension JSON {
  /// The limits of a JSON text.
  public struct Limits: Sendable {
    /// The maximum size of the text in bytes.
    public var bytes: Int
    /// The maximum depth of nested arrays and objects.
    public var depth: Int
    /// The maximum number of values.
    public var values: Int

    /// By default the limits of a config: 1 MiB and 32 levels.
    public init(bytes: Int = 1 << 20, depth: Int = 32, values: Int = .max) {
      (self.bytes, self.depth, self.values) = (bytes, depth, values)
    }
  }

  /// Parses strict JSON (RFC 8259) in UTF-8, also behind a byte order mark; `origin` is the name of the text in errors.
  ///
  /// Duplicate keys, numbers out of the range of `Double` and text over the limits are errors too.
  /// Throws all errors up to the first syntax error.
  public init(parsing bytes: [UInt8], origin: String, limits: Limits = Limits()) throws(ConfigError) {
    let issues = IssueList()
    let json = JSON(parsing: bytes, origin: origin, limits: limits, issues: issues)
    try issues.check()
    self = json ?? .null
  }

  /// Parses as above, but adds the errors to `issues`; nil after a syntax error.
  public init?(parsing bytes: [UInt8], origin: String, limits: Limits = Limits(), issues: IssueList) {
    var parser = JSONParser(bytes: bytes, origin: origin, limits: limits, issues: issues)
    do {
      self = try parser.document()
    } catch {
      issues.report(error)
      return nil
    }
  }
}

/// A recursive descent parser of UTF-8 bytes, in linear time.
struct JSONParser {
  let bytes: [UInt8]
  let limits: JSON.Limits
  let issues: IssueList
  private var cursor: ConfigLocationCursor
  private var path = JSONPath()
  private var valueCount = 0
  var index = 0

  init(bytes: [UInt8], origin: String, limits: JSON.Limits, issues: IssueList) {
    self.bytes = bytes
    self.limits = limits
    self.issues = issues
    cursor = ConfigLocationCursor(origin: origin)
  }

  mutating func document() throws(ConfigIssue) -> JSON {
    guard bytes.count <= limits.bytes else {
      throw fault("\(bytes.count) bytes; the limit is \(limits.bytes)", at: 0)
    }
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw fault("not UTF-8 at byte \(error.byteOffsets.lowerBound)", at: error.byteOffsets.lowerBound)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    skipSpace()
    let json = try value(depth: 0)
    skipSpace()
    if index < bytes.count { throw fault("\(next) after the end of the value", at: index) }
    return json
  }

  private mutating func value(depth: Int) throws(ConfigIssue) -> JSON {
    valueCount += 1
    if valueCount > limits.values { throw fault("more than \(limits.values) values", at: index) }
    let location = cursor.location(at: index, in: bytes)
    switch peek {
    case UInt8(ascii: "{"):
      try enter(depth)
      return JSON(.object(try members(depth: depth + 1)), at: location)
    case UInt8(ascii: "["):
      try enter(depth)
      return JSON(.array(try elements(depth: depth + 1)), at: location)
    case UInt8(ascii: "\""):
      return JSON(.string(try string()), at: location)
    default:
      return JSON(try word(location), at: location)
    }
  }

  private mutating func enter(_ depth: Int) throws(ConfigIssue) {
    if depth >= limits.depth { throw fault("nested deeper than \(limits.depth) levels", at: index) }
    index += 1
    skipSpace()
  }

  private mutating func members(depth: Int) throws(ConfigIssue) -> [JSON.Member] {
    var members: [JSON.Member] = []
    var firstLocations: [String: ConfigLocation] = [:]
    if skip(UInt8(ascii: "}")) { return members }
    repeat {
      let keyLocation = cursor.location(at: index, in: bytes)
      guard peek == UInt8(ascii: "\"") else {
        throw fault("expected a key in double quotes, not \(next)", at: index)
      }
      let key = try string()
      path.steps.append(.key(key))
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw fault("expected : after the key, not \(next)", at: index) }
      skipSpace()
      let json = try value(depth: depth)
      if let first = firstLocations[key] {
        report("duplicate key; first given at \(first)", at: keyLocation)
      } else {
        firstLocations[key] = keyLocation
        members.append(JSON.Member(key, json, keyLocation: keyLocation))
      }
      path.steps.removeLast()
    } while try skipComma(before: UInt8(ascii: "}"))
    return members
  }

  private mutating func elements(depth: Int) throws(ConfigIssue) -> [JSON] {
    var elements: [JSON] = []
    if skip(UInt8(ascii: "]")) { return elements }
    repeat {
      path.steps.append(.index(elements.count))
      elements.append(try value(depth: depth))
      path.steps.removeLast()
    } while try skipComma(before: UInt8(ascii: "]"))
    return elements
  }

  /// Whether a comma and another item follow; otherwise `close` has been read.
  private mutating func skipComma(before close: UInt8) throws(ConfigIssue) -> Bool {
    skipSpace()
    if skip(close) { return false }
    let comma = index
    guard skip(UInt8(ascii: ",")) else {
      throw fault("expected , or \(Character(UnicodeScalar(close))), not \(next)", at: index)
    }
    skipSpace()
    if peek == close { throw fault("trailing comma before \(next)", at: comma) }
    return true
  }
}

extension JSONParser {
  var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// The character at the index, for an error message.
  var next: String {
    guard index < bytes.count else { return "the end of the text" }
    let rest = bytes[index...].prefix(4)
    if rest.first == UInt8(ascii: "'") { return "' (strings and keys need double quotes)" }
    if rest.first == UInt8(ascii: "#") || rest.starts(with: "//".utf8) || rest.starts(with: "/*".utf8) {
      return "a comment (JSON has none)"
    }
    return String(decoding: rest, as: UTF8.self).unicodeScalars.first.map { "\($0)" } ?? ""
  }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    index += 1
    return true
  }

  mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  mutating func fault(_ message: String, at offset: Int) -> ConfigIssue {
    let location = cursor.location(at: offset, in: bytes)
    return ConfigIssue(location: location, path: path.description, message: message)
  }

  func report(_ message: String, at location: ConfigLocation) {
    issues.report(ConfigIssue(location: location, path: path.description, message: message))
  }
}
