extension String {
  /// The text as a JSON string, with quotes and escapes.
  package var quoted: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      default: text.appendEscapingControls(scalar)
      }
    }
    return text + "\""
  }

  /// The text fit for a line of an error: what would break a line or steer a terminal is escaped.
  package var oneLine: String {
    var text = ""
    for scalar in unicodeScalars { text.appendEscapingControls(scalar) }
    return text
  }

  /// Appends a character, those that would break a line or steer a terminal as a JSON escape.
  private mutating func appendEscapingControls(_ scalar: UnicodeScalar) {
    switch scalar {
    case "\n": self += "\\n"
    case "\r": self += "\\r"
    case "\t": self += "\\t"
    case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
      let digits = String(scalar.value, radix: 16)
      self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: unicodeScalars.append(scalar)
    }
  }
}
