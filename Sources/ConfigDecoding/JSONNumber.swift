import Formatting

extension JSON {
  /// A finite number, stored as its text, so that it is written again with the same digits.
  public struct Number: Sendable {
    /// The text, in the grammar of RFC 8259.
    public let text: String

    /// The number `text`, nil if it is not in the grammar of RFC 8259 or out of the range of `Double`.
    public init?(_ text: String) {
      guard Self.isWellFormed(text), let value = Double(text), value.isFinite else { return nil }
      self.text = text
    }

    /// An integer.
    public init(_ number: some BinaryInteger) { text = String(number) }

    /// The shortest text that is parsed as `number`, integers without ".0"; nil if it is not finite.
    public init?<Float: BinaryFloatingPoint & LosslessStringConvertible>(_ number: Float) {
      guard number.isFinite else { return nil }
      var text = number.description
      if text.hasSuffix(".0") { text.removeLast(2) }
      self.text = text
    }

    /// The nearest `Double`.
    public var double: Double { Double(text) ?? 0 }

    /// The exact value as an integer type: of `2`, `2.0` and `2e0`; above 2^53 of plain digits only.
    public func exact<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
      if let integer = Integer(text) { return integer }
      return double.magnitude <= 0x1p53 ? Integer(whole: double) : nil
    }

    /// Whether `text` is `-? int frac? exp?` of RFC 8259.
    private static func isWellFormed(_ text: String) -> Bool {
      var rest = ArraySlice(text.utf8)
      func skip(_ choices: UInt8...) -> Bool {
        guard let byte = rest.first, choices.contains(byte) else { return false }
        rest.removeFirst()
        return true
      }
      func digits() -> Int {
        let count = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
        rest.removeFirst(count)
        return count
      }
      _ = skip(UInt8(ascii: "-"))
      let leadsWithZero = rest.first == UInt8(ascii: "0")
      let wholeDigits = digits()
      guard wholeDigits == 1 || wholeDigits > 1 && !leadsWithZero else { return false }
      if skip(UInt8(ascii: ".")) && digits() == 0 { return false }
      if skip(UInt8(ascii: "e"), UInt8(ascii: "E")) {
        _ = skip(UInt8(ascii: "+"), UInt8(ascii: "-"))
        if digits() == 0 { return false }
      }
      return rest.isEmpty
    }
  }
}

extension JSON.Number: Equatable {
  /// Whether both have the same value, in any notation.
  public static func == (left: Self, right: Self) -> Bool {
    left.text == right.text
      || left.double == right.double && left.exact(Int.self) == right.exact(Int.self)
        && left.exact(UInt64.self) == right.exact(UInt64.self)
  }
}
