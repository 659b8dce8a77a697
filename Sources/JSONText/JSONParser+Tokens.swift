import ConfigDecoding

extension JSONParser {
  /// A number, `true`, `false` or `null`.
  mutating func word(_ location: ConfigLocation) throws(ConfigIssue) -> JSON.Content {
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
      report("\(shown) is out of the range of numbers", at: location)
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
        ?? "\(shown) is not a JSON value; strings need double quotes", at: start)
  }

  mutating func string() throws(ConfigIssue) -> String {
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
      throw fault("the string that starts here has no closing \"", at: start)
    }
    throw fault("a control character in a string must be escaped, such as \\t", at: index)
  }

  private mutating func escape() throws(ConfigIssue) -> UnicodeScalar {
    let start = index
    guard index + 1 < bytes.count else { throw fault("the text ends within an escape sequence", at: start) }
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
      throw fault("invalid escape sequence \\\(next); write \\\\ for a backslash", at: start)
    }
    let unit = try codeUnit(start)
    if let scalar = UnicodeScalar(unit) { return scalar }
    if UTF16.isLeadSurrogate(UInt16(unit)), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
      let trail = try codeUnit(start)
      let scalar = 0x10000 + (unit - 0xD800) << 10 + trail - 0xDC00
      if 0xDC00...0xDFFF ~= trail, let scalar = UnicodeScalar(scalar) { return scalar }
    }
    throw fault("an unpaired surrogate is not a character", at: start)
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

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
  }

  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
      || "+-._".utf8.contains(byte)
  }
}
