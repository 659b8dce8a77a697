/// Reads a dictionary of strings, flags and tuples of whole numbers as Python writes it.
package struct PythonScanner {
  package enum Value: Equatable {
    case text(String)
    case flag(Bool)
    case sizes([Int])
  }

  /// Each key's value, and the byte it begins at.
  package typealias Dictionary = [String: (value: Value, byte: Int)]

  /// What is wrong at a byte of the text.
  package struct Fault: Error {
    let message: String
    let byte: Int

    init(_ message: String, at byte: Int) { (self.message, self.byte) = (message, byte) }
  }

  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The whole text: one dictionary, each key once.
  package mutating func dictionary() throws(Fault) -> Dictionary {
    var members: Dictionary = [:]
    try expect("{")
    while !take("}") {
      skipSpaces()
      let start = position
      let key = try text()
      try expect(":")
      skipSpaces()
      let place = position
      let value = try value()
      guard members.updateValue((value, place), forKey: key) == nil else {
        throw Fault("'\(key)' is there twice", at: start)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == bytes.count else { throw Fault("more after the header's dictionary", at: position) }
    return members
  }

  private mutating func value() throws(Fault) -> Value {
    switch position < bytes.count ? bytes[position] : 0 {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "("): return .sizes(try sizes())
    case UInt8(ascii: "["): throw Fault("arrays of records are not read", at: position)
    default:
      for (word, flag) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8)
      {
        position += word.utf8.count
        return .flag(flag)
      }
      throw Fault("a value that cannot be read", at: position)
    }
  }

  private mutating func text() throws(Fault) -> String {
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]),
      let end = bytes[(position + 1)...].firstIndex(of: bytes[position])
    else { throw Fault("a text in quotation marks is missing", at: position) }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self).printable
  }

  private mutating func sizes() throws(Fault) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !take(")") {
      skipSpaces()
      let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
        throw Fault("a size that is not a whole number", at: position)
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
    if !take(character) { throw Fault("\"\(character)\" is missing", at: position) }
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
