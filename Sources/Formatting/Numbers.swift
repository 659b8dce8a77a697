extension Int {
  /// The number with commas between groups of three digits: `60,000`.
  package var grouped: String {
    let digits = String(magnitude)
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// The count and its noun, in the plural unless it is 1: `1 byte`, `60,000 images`.
  package func pluralized(_ noun: String) -> String {
    "\(grouped) \(noun)\(self == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")"
  }

  /// A number of bytes with its unit: `4.6 kB`, `1.5 GB`.
  package var byteSize: String {
    switch self {
    case ..<1_000_000: "\((Double(self) / 1e3).fixed(1)) kB"
    case ..<1_000_000_000: "\((Double(self) / 1e6).fixed(1)) MB"
    default: "\((Double(self) / 1e9).fixed(1)) GB"
    }
  }
}

extension UInt8 {
  /// The byte as two hexadecimal digits: `0D`.
  package var hexadecimal: String {
    (self < 16 ? "0" : "") + String(self, radix: 16, uppercase: true)
  }
}

extension Double {
  /// The number with `digits` decimals.
  package func fixed(_ digits: Int) -> String {
    guard isFinite else { return "\(self)" }
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(self)" }
    let whole = String(Int(clamping: scaled))
    let padded = String(repeating: "0", count: Swift.max(0, digits + 1 - whole.count)) + whole
    let sign = self < 0 && scaled != 0 ? "-" : ""
    return sign + padded.dropLast(digits) + (digits > 0 ? "." + padded.suffix(digits) : "")
  }

  /// Minutes and seconds, or seconds alone: `1:05`, `12.3s`.
  package var duration: String {
    guard self >= 60 else { return fixed(self < 10 ? 2 : 1) + "s" }
    let seconds = Int(clamping: rounded())
    let (minutes, rest) = (seconds / 60, seconds % 60)
    let clock = "\(minutes % 60):\(rest < 10 ? "0" : "")\(rest)"
    return minutes < 60 ? clock : "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(clock)"
  }
}

extension String {
  /// The text padded on the left with spaces to `width`.
  package func padded(left width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }

  /// The text padded on the right with spaces to `width`.
  package func padded(right width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// The text without the spaces at its end.
  package var trimmingTrailingSpaces: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
