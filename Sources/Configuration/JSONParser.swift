extension JSON {
  /// What a JSON text may cost before it is refused.
  public struct Limits: Sendable {
    /// The longest text in bytes.
    public var bytes: Int
    /// How deep arrays and objects may nest.
    public var depth: Int

    /// Limits fit for a config, unless told otherwise: 1 MiB and 32 levels.
    public init(bytes: Int = 1 << 20, depth: Int = 32) {
      self.bytes = bytes
      self.depth = depth
    }
  }

  /// Parses strict JSON (RFC 8259) in UTF-8; `origin` names the text in errors.
  ///
  /// Duplicate keys, numbers beyond `Double`, a byte order mark and texts over the limits are errors too.
  /// Throws all that is wrong up to the first fault of syntax.
  public init(parsing bytes: [UInt8], origin: String, limits: Limits = Limits()) throws(ConfigError) {
    let issues = IssueList()
    let json = JSON(parsing: bytes, origin: origin, limits: limits, issues: issues)
    try issues.check()
    self = json ?? .null
  }

  /// Parses as above, but adds what is wrong to `issues`; nil after a fault of syntax.
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

/// Recursive descent over UTF-8 bytes, in linear time.
struct JSONParser {
  let bytes: [UInt8]
  let limits: JSON.Limits
  let issues: IssueList
  private var cursor: PlaceCursor
  private var path = JSONPath()
  private var index = 0

  init(bytes: [UInt8], origin: String, limits: JSON.Limits, issues: IssueList) {
    self.bytes = bytes
    self.limits = limits
    self.issues = issues
    cursor = PlaceCursor(origin: origin)
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
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw fault("starts with a byte order mark; save it as UTF-8 without one", at: 0)
    }
    skipSpace()
    let json = try value(depth: 0)
    skipSpace()
    if index < bytes.count { throw fault("\(next) after the end of the value", at: index) }
    return json
  }

  private mutating func value(depth: Int) throws(ConfigIssue) -> JSON {
    let place = cursor.place(at: index, in: bytes)
    switch peek {
    case UInt8(ascii: "{"):
      try enter(depth)
      return JSON(.object(try members(depth: depth + 1)), at: place)
    case UInt8(ascii: "["):
      try enter(depth)
      return JSON(.array(try elements(depth: depth + 1)), at: place)
    case UInt8(ascii: "\""):
      return JSON(.string(try string()), at: place)
    default:
      return JSON(try word(place), at: place)
    }
  }

  private mutating func enter(_ depth: Int) throws(ConfigIssue) {
    if depth >= limits.depth { throw fault("nested deeper than \(limits.depth) levels", at: index) }
    index += 1
    skipSpace()
  }

  private mutating func members(depth: Int) throws(ConfigIssue) -> [JSON.Member] {
    var members: [JSON.Member] = []
    var firstPlaces: [String: Place] = [:]
    if skip(UInt8(ascii: "}")) { return members }
    repeat {
      skipSpace()
      let keyPlace = cursor.place(at: index, in: bytes)
      guard peek == UInt8(ascii: "\"") else {
        throw fault("expected a key in double quotes, not \(next)", at: index)
      }
      let key = try string()
      path.steps.append(.key(key))
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw fault("expected : after the key, not \(next)", at: index) }
      skipSpace()
      let json = try value(depth: depth)
      if let first = firstPlaces.updateValue(keyPlace, forKey: key), case .file(_, let line, _) = first {
        report("duplicate key; first given in line \(line)", at: keyPlace)
      } else {
        members.append(JSON.Member(key, json, keyPlace: keyPlace))
      }
      path.steps.removeLast()
    } while try skipComma(before: UInt8(ascii: "}"))
    return members
  }

  private mutating func elements(depth: Int) throws(ConfigIssue) -> [JSON] {
    var elements: [JSON] = []
    if skip(UInt8(ascii: "]")) { return elements }
    repeat {
      skipSpace()
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
    if peek == close { throw fault("a comma before \(next) is one too many", at: comma) }
    return true
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word(_ place: Place) throws(ConfigIssue) -> JSON.Content {
    let start = index
    while let byte = peek, Self.isPartOfWord(byte) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "": throw fault("expected a value, not \(next)", at: start)
    default: break
    }
    if let number = JSON.Number(word) { return .number(number) }
    let shown = "\"\(word.prefix(40))\""
    if let number = Double(word), number.isInfinite, word.utf8.last.map(Self.isDigit) ?? false {
      report("\(shown) is too large for a number", at: place)
      return .null
    }
    let starters = "-+.0123456789"
    if word.first.map(starters.contains) ?? false || Double(word) != nil {
      throw fault("\(shown) is not a JSON number", at: start)
    }
    let intended = Spelling.nearest(to: word.lowercased(), among: ["true", "false", "null"])
    let hint = word == "None" ? "null" : intended
    throw fault(
      hint.map { "\(shown) is not a JSON value; did you mean \($0)?" }
        ?? "\(shown) is not a JSON value; texts need double quotes", at: start)
  }

  private mutating func string() throws(ConfigIssue) -> String {
    let start = index
    index += 1
    var text: [UInt8] = []
    var plainStart = index
    while let byte = peek, byte >= 0x20 {
      switch byte {
      case UInt8(ascii: "\""):
        text += bytes[plainStart..<index]
        index += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += bytes[plainStart..<index]
        text += try Character(escape()).utf8
        plainStart = index
      default: index += 1
      }
    }
    if peek == nil || peek == UInt8(ascii: "\n") || peek == UInt8(ascii: "\r") {
      throw fault("the text that starts here has no closing \"", at: start)
    }
    throw fault("a control character in a text must be written as an escape, such as \\t", at: index)
  }

  private mutating func escape() throws(ConfigIssue) -> UnicodeScalar {
    let start = index
    guard index + 1 < bytes.count else { throw fault("the text ends within an escape", at: start) }
    let kind = bytes[index + 1]
    index += 2
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UnicodeScalar(kind)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default:
      index = start + 1
      throw fault("\\ cannot stand before \(next); write \\\\ for a backslash", at: start)
    }
    let unit = try codeUnit(start)
    if let scalar = UnicodeScalar(unit) { return scalar }
    if UTF16.isLeadSurrogate(UInt16(unit)), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
      let trail = try codeUnit(start)
      let scalar = 0x10000 + (unit - 0xD800) << 10 + trail - 0xDC00
      if 0xDC00...0xDFFF ~= trail, let scalar = UnicodeScalar(scalar) { return scalar }
    }
    throw fault("half of a surrogate pair is no character", at: start)
  }

  /// The four hexadecimal digits of a `\u` escape that starts at `start`.
  private mutating func codeUnit(_ start: Int) throws(ConfigIssue) -> UInt32 {
    let end = index + 4
    guard end <= bytes.count, bytes[index..<end].allSatisfy(Self.isHexDigit),
      let unit = UInt32(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16)
    else { throw fault("\\u needs four hexadecimal digits", at: start) }
    index = end
    return unit
  }
}

extension JSONParser {
  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// What stands at the index, in words.
  private var next: String {
    guard index < bytes.count else { return "the end of the text" }
    let rest = bytes[index...].prefix(4)
    if rest.first == UInt8(ascii: "'") { return "' (texts and keys take double quotes)" }
    if rest.first == UInt8(ascii: "#") || rest.starts(with: "//".utf8) || rest.starts(with: "/*".utf8) {
      return "a comment (JSON has none)"
    }
    return String(decoding: rest, as: UTF8.self).unicodeScalars.first.map { "\($0)" } ?? ""
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func fault(_ message: String, at offset: Int) -> ConfigIssue {
    let place = cursor.place(at: offset, in: bytes)
    return ConfigIssue(place: place, path: path.description, message: message)
  }

  private func report(_ message: String, at place: Place) {
    issues.report(ConfigIssue(place: place, path: path.description, message: message))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
  }

  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
      || "+-._".utf8.contains(byte)
  }
}

/// Turns byte offsets into lines and columns; cheap as long as the offsets grow.
private struct PlaceCursor {
  let origin: String
  private var offset = 0
  private var line = 1
  private var column = 1

  init(origin: String) { self.origin = origin }

  mutating func place(at target: Int, in bytes: [UInt8]) -> Place {
    if target < offset { self = PlaceCursor(origin: origin) }
    while offset < min(target, bytes.count) {
      if bytes[offset] == UInt8(ascii: "\n") {
        line += 1
        column = 0
      }
      // The column moves on at the start of the next scalar, not within one.
      let next = offset + 1
      if next == bytes.count || bytes[next] & 0xC0 != 0x80 { column += 1 }
      offset = next
    }
    return .file(origin, line: line, column: column)
  }
}
