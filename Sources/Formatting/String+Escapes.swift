extension String {
  /// The text as a JSON string, with quotes and escapes, and nothing in it that `oneLine` would change.
  ///
  /// A byte that is not UTF-8 becomes `\udbff\udeXX`, with its two hexadecimal digits at the end.
  package var quoted: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where scalar.undecodedByte != nil:
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter { text += unit.escape }
      default: text.appendVisibly(scalar)
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

  /// The text as one line that a terminal shows as it is: everything that is printed goes through this function.
  ///
  /// Line breaks and control characters, marks that change the direction of writing, and bytes of file names that are not
  /// UTF-8 are escaped: `\n`, `\u001b`, `\u202e`, `\xff`.
  package var oneLine: String {
    var text = ""
    for scalar in unicodeScalars {
      if let byte = scalar.undecodedByte {
        text += "\\x" + byte.hexadecimal.lowercased()
      } else {
        text.appendVisibly(scalar)
      }
    }
    return text
  }

  /// Appends a character; one that is not to be seen as a JSON escape.
  private mutating func appendVisibly(_ scalar: UnicodeScalar) {
    switch scalar {
    case "\n": self += "\\n"
    case "\r": self += "\\r"
    case "\t": self += "\\t"
    case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}",
      // Marks, embeddings, overrides and isolates of bidirectional text.
      "\u{61C}", "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
      self += UInt16(truncatingIfNeeded: scalar.value).escape
    default: unicodeScalars.append(scalar)
    }
  }
}

extension UInt16 {
  /// The UTF-16 code unit as a JSON escape: `\u001b`.
  fileprivate var escape: String {
    let digits = String(self, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
