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

  /// The text as a field of CSV: in quotes where it needs them (RFC 4180).
  package var csvField: String {
    // By scalars: a line break is one character with a carriage return, a quote one with an accent behind it.
    guard unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return self }
    var text = "\""
    for scalar in unicodeScalars {
      if scalar == "\"" { text += "\"" }
      text.unicodeScalars.append(scalar)
    }
    return text + "\""
  }

  /// The text on one line, for error messages: line breaks and control characters are escaped.
  package var oneLine: String {
    var text = ""
    for scalar in unicodeScalars { text.appendEscapingControls(scalar) }
    return text
  }

  /// Appends a character; line breaks and control characters as JSON escapes.
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
