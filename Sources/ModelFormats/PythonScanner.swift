import Formatting

/// Parses a Python literal: a dictionary of strings, booleans and tuples of integers.
package struct PythonScanner {
  package enum Value: Equatable {
    case string(String)
    case bool(Bool)
    case tuple([Int])
  }

  /// The values by key, each with its byte offset.
  package typealias Dictionary = [String: (value: Value, byte: Int)]

  /// An error at a byte of the literal.
  package struct Fault: Error {
    let message: String
    let byte: Int

    init(_ message: String, at byte: Int) { (self.message, self.byte) = (message, byte) }
  }

  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Parses the whole literal: one dictionary without duplicate keys.
  package mutating func dictionary() throws(Fault) -> Dictionary {
    var members: Dictionary = [:]
    try expect("{")
    while !take("}") {
      skipSpaces()
      let start = position
      let key = try string()
      try expect(":")
      skipSpaces()
      let valueStart = position
      let value = try value()
      guard members.updateValue((value, valueStart), forKey: key) == nil else {
        throw Fault("duplicate key '\(key)'", at: start)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == bytes.count else { throw Fault("data after the header's dictionary", at: position) }
    return members
  }

  private mutating func value() throws(Fault) -> Value {
    switch position < bytes.count ? bytes[position] : 0 {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "("): return .tuple(try tuple())
    case UInt8(ascii: "["): throw Fault("structured arrays (records) are not supported", at: position)
    default:
      for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8)
      {
        position += word.utf8.count
        return .bool(value)
      }
      throw Fault("a value that cannot be read", at: position)
    }
  }

  private mutating func string() throws(Fault) -> String {
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]),
      let end = bytes[(position + 1)...].firstIndex(of: bytes[position])
    else { throw Fault("expected a string in quotes", at: position) }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self).oneLine
  }

  private mutating func tuple() throws(Fault) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !take(")") {
      skipSpaces()
      let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
        throw Fault("a size must be a non-negative integer", at: position)
      }
      sizes.append(size)
      position = digits.endIndex
      if !take(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func expect(_ character: Character) throws(Fault) {
    if !take(character) { throw Fault("expected \"\(character)\"", at: position) }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpaces()
    guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
  }
}
