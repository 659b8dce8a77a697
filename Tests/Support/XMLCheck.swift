/// A strict parser of the XML that the program writes: all elements are closed, attributes quoted and unique, and all
/// text escaped.
public struct XMLCheck {
  /// The names of the elements, in order.
  public private(set) var names: [String] = []
  /// The values of all attributes by name, in order.
  public private(set) var attributes: [String: [String]] = [:]
  /// The text of each element, in the order of the closing tags.
  public private(set) var texts: [(name: String, text: String)] = []

  /// An error of well-formedness.
  public struct Fault: Error { let message: String }

  private var rest: Substring

  /// Parses a whole document.
  public init(_ bytes: [UInt8]) throws {
    let document = String(decoding: bytes, as: UTF8.self)
    rest = document[...]
    for head in ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE html>"] where rest.hasPrefix(head) {
      rest.removeFirst(head.count)
    }
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    try element()
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    guard rest.isEmpty else { throw Fault(message: "more after the end: \(rest.prefix(40))") }
  }

  private mutating func take(_ text: String) throws {
    guard rest.hasPrefix(text) else { throw Fault(message: "expected \(text) at \(rest.prefix(40))") }
    rest.removeFirst(text.count)
  }

  private mutating func name() throws -> String {
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" }
    guard !name.isEmpty else { throw Fault(message: "no name at \(rest.prefix(40))") }
    rest.removeFirst(name.count)
    return String(name)
  }

  private mutating func element() throws {
    try take("<")
    let name = try name()
    names.append(name)
    var seen: Set<String> = []
    while rest.hasPrefix(" ") {
      try take(" ")
      let key = try self.name()
      guard seen.insert(key).inserted else { throw Fault(message: "\(key) twice") }
      try take("=\"")
      attributes[key, default: []].append(try text(until: "\""))
      try take("\"")
    }
    if rest.hasPrefix("/>") { return try take("/>") }
    try take(">")
    var content = ""
    while !rest.hasPrefix("</") {
      if rest.hasPrefix("<") { try element() } else { content += try text(until: "<") }
    }
    try take("</\(name)>")
    texts.append((name, content))
  }

  private mutating func text(until end: Character) throws -> String {
    var text = ""
    while let next = rest.first, next != end {
      if next == "<" || next == ">" { throw Fault(message: "unescaped at \(rest.prefix(40))") }
      guard next == "&" else {
        text.append(rest.removeFirst())
        continue
      }
      let known = ["&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'"]
      guard let entity = known.first(where: { rest.hasPrefix($0.key) }) else {
        throw Fault(message: "unescaped at \(rest.prefix(40))")
      }
      rest.removeFirst(entity.key.count)
      text += entity.value
    }
    if rest.isEmpty { throw Fault(message: "the end inside of text") }
    return text
  }
}
