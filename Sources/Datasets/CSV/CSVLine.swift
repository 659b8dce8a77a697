import FileIO

/// A line of a CSV file as fields of text, for headers and errors; rows of pixels are read by `CSVRows`.
struct CSVLine {
  /// The fields, without quotes and without spaces around them.
  let fields: [String]

  /// Splits a line without its line break at `separator`.
  init(_ line: some Collection<UInt8>, separator: UInt8) {
    var fields: [String] = []
    var field: [UInt8] = []
    var (isQuoted, wasQuote) = (false, false)
    func text() -> String {
      let start = field.drop { $0 == 0x20 || $0 == 0x09 }
      let end = start.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? start.startIndex
      return String(decoding: start[..<end], as: UTF8.self)
    }
    for byte in line where byte != 0x0D {
      if byte == 0x22 {
        // A doubled quote within quotes is one.
        if wasQuote { field.append(byte) }
        wasQuote = isQuoted
        isQuoted.toggle()
        continue
      }
      wasQuote = false
      if byte == separator, !isQuoted {
        fields.append(text())
        field = []
      } else {
        field.append(byte)
      }
    }
    fields.append(text())
    self.fields = fields
  }

  /// The number that a field is; nil for text and for nothing.
  static func number(_ field: String) -> Double? {
    var field = field
    return field.withUTF8 { bytes in
      guard let (value, length) = CSVNumber.parse(bytes, from: 0), length == bytes.count else { return nil }
      return value
    }
  }

  /// The separator that is most frequent in a line, outside of quotes: a comma, a semicolon or a tab.
  static func separator(of line: some Collection<UInt8>) -> (byte: UInt8, count: Int)? {
    var (commas, semicolons, tabs, isQuoted) = (0, 0, 0, false)
    for byte in line {
      switch byte {
      case 0x22: isQuoted.toggle()
      case 0x2C where !isQuoted: commas += 1
      case 0x3B where !isQuoted: semicolons += 1
      case 0x09 where !isQuoted: tabs += 1
      default: break
      }
    }
    let most = max(commas, semicolons, tabs)
    if most == 0 { return nil }
    return (most == commas ? 0x2C : most == semicolons ? 0x3B : 0x09, most)
  }

  /// The number of columns of a line without its line break, but for an empty one at its end.
  static func columnCount(_ line: some Collection<UInt8>, separator: UInt8) -> Int {
    var (count, isQuoted, isEmpty) = (1, false, true)
    for byte in line where byte != 0x0D {
      if byte == 0x22 { isQuoted.toggle() }
      let isEnd = byte == separator && !isQuoted
      if isEnd { count += 1 }
      isEmpty = isEnd || isEmpty && (byte == 0x20 || byte == 0x09)
    }
    return isEmpty && count > 1 ? count - 1 : count
  }
}

/// Decimal numbers in text, read by hand: `5`, `-1.5`, `.25`, `3e-2`.
enum CSVNumber {
  /// The number at `start` and the index behind it; nil if there is none.
  ///
  /// It is exact to a unit in the last place, which is more than a pixel needs.
  static func parse(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (value: Double, end: Int)? {
    var index = start
    let isNegative = index < bytes.count && bytes[index] == 0x2D
    if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B { index += 1 }
    var (mantissa, exponent, digits) = (UInt64(0), 0, 0)
    func digit(_ index: Int) -> UInt64? {
      index < bytes.count && 0x30...0x39 ~= bytes[index] ? UInt64(bytes[index] &- 0x30) : nil
    }
    while let next = digit(index) {
      if mantissa < 100_000_000_000_000_000 { mantissa = mantissa * 10 + next } else { exponent += 1 }
      (digits, index) = (digits + 1, index + 1)
    }
    if index < bytes.count, bytes[index] == 0x2E {
      index += 1
      while let next = digit(index) {
        if mantissa < 100_000_000_000_000_000 { (mantissa, exponent) = (mantissa * 10 + next, exponent - 1) }
        (digits, index) = (digits + 1, index + 1)
      }
    }
    if digits == 0 { return nil }
    if index < bytes.count, bytes[index] | 0x20 == 0x65 {
      var end = index + 1
      let isDown = end < bytes.count && bytes[end] == 0x2D
      if end < bytes.count, bytes[end] == 0x2D || bytes[end] == 0x2B { end += 1 }
      guard digit(end) != nil else { return nil }
      var power = 0
      while let next = digit(end) {
        power = min(power * 10 + Int(next), 10_000)
        end += 1
      }
      (exponent, index) = (exponent + (isDown ? -power : power), end)
    }
    let value = scaled(Double(mantissa), exponent)
    return (isNegative ? -value : value, index)
  }

  private static let powers: [Double] = (0...22).map { (0..<$0).reduce(1.0) { power, _ in power * 10 } }

  private static func scaled(_ value: Double, _ exponent: Int) -> Double {
    var (value, exponent) = (value, exponent)
    if value == 0 { return 0 }
    while exponent > 22, value < .infinity { (value, exponent) = (value * 1e22, exponent - 22) }
    while exponent < -22, value > 0 { (value, exponent) = (value / 1e22, exponent + 22) }
    guard -22...22 ~= exponent else { return value }
    return exponent < 0 ? value / powers[-exponent] : value * powers[exponent]
  }
}
