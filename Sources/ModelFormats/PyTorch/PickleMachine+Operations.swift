import FileIO

extension PickleMachine {
  /// Numbers, text, and references to earlier values; false for another operation.
  mutating func executeScalar(_ code: UInt8) throws(PickleFault) -> Bool {
    switch code {
    case UInt8(ascii: "N"): push(.none)
    case 0x88: push(.bool(true))
    case 0x89: push(.bool(false))
    case UInt8(ascii: "K"): push(.integer(Int(try scanner.unsigned(1))))
    case UInt8(ascii: "M"): push(.integer(Int(try scanner.unsigned(2))))
    case UInt8(ascii: "J"):
      push(.integer(Int(Int32(truncatingIfNeeded: try scanner.unsigned(4)))))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): push(try decimal())
    case 0x8A: try push(integer: scanner.counted(1))
    case 0x8B: try push(integer: scanner.counted(4))
    case UInt8(ascii: "G"): push(.float(try scanner.double()))
    case UInt8(ascii: "F"): push(.float(Double(try scanner.line()) ?? .nan))
    case UInt8(ascii: "X"), UInt8(ascii: "T"): try push(.text(scanner.text(4)))
    case 0x8C, UInt8(ascii: "U"): try push(.text(scanner.text(1)))
    case 0x8D: try push(.text(scanner.text(8)))
    case UInt8(ascii: "V"): try push(.text(scanner.line()))
    case UInt8(ascii: "S"): try push(.text(String(scanner.line().dropFirst().dropLast())))
    case UInt8(ascii: "C"): try push(.bytes(scanner.counted(1)))
    case UInt8(ascii: "B"): try push(.bytes(scanner.counted(4)))
    case 0x8E, 0x96: try push(.bytes(scanner.counted(8)))
    case UInt8(ascii: "h"): try recall(scanner.unsigned(1))
    case UInt8(ascii: "j"): try recall(scanner.unsigned(4))
    case UInt8(ascii: "g"): try recall(index())
    case UInt8(ascii: "q"): try remember(scanner.unsigned(1))
    case UInt8(ascii: "r"): try remember(scanner.unsigned(4))
    case UInt8(ascii: "p"): try remember(index())
    case 0x94: try remember(nil)
    case 0x80:
      let version = try scanner.byte()
      if version > 5 { throw fault("protocol \(version) of pickle; 0 to 5 are supported") }
    case 0x95: _ = try scanner.unsigned(8)
    default: return false
    }
    return true
  }

  /// Lists, tuples, dictionaries, sets, and the stack itself; false for another operation.
  mutating func executeContainer(_ code: UInt8) throws(PickleFault) -> Bool {
    switch code {
    case UInt8(ascii: "("): try mark()
    case UInt8(ascii: "0"): if !popMark() { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): push(try top())
    case UInt8(ascii: "]"): try pushList([])
    case UInt8(ascii: "l"): try pushList(popToMark())
    case UInt8(ascii: ")"): try push(.tuple([]))
    case UInt8(ascii: "t"): try push(.tuple(popToMark()))
    case 0x85...0x87: try push(.tuple(pop(Int(code) - 0x84)))
    case UInt8(ascii: "}"): try pushDictionary([])
    case UInt8(ascii: "d"): try pushDictionary(pairs(popToMark()))
    case 0x8F: try push(.instance(of: PickleGlobal("builtins", "set"), state: .none))
    case 0x91:
      _ = try popToMark()
      try push(.instance(of: PickleGlobal("builtins", "frozenset"), state: .none))
    case UInt8(ascii: "a"): try append([pop()], toDictionary: false)
    case UInt8(ascii: "e"), 0x90: try append(popToMark(), toDictionary: false)
    case UInt8(ascii: "s"): try append(pop(2), toDictionary: true)
    case UInt8(ascii: "u"): try append(pairs(popToMark()), toDictionary: true)
    default: return false
    }
    return true
  }

  /// Classes, functions and what they would be called with; false for another operation.
  mutating func executeObject(_ code: UInt8) throws(PickleFault) -> Bool {
    switch code {
    case UInt8(ascii: "c"): try push(.global(PickleGlobal(scanner.line(), scanner.line())))
    case 0x93:
      let names = try pop(2)
      guard let module = text(names[0]), let name = text(names[1]) else {
        throw fault("a module and a name that are no text")
      }
      try push(.global(PickleGlobal(module, name)))
    case UInt8(ascii: "R"):
      let parts = try pop(2)
      guard let arguments = tuple(parts[1]) else { throw fault("the arguments of a call are no tuple") }
      try call(parts[0], arguments)
    case 0x81: try instantiate(try pop(2)[0])
    case 0x92: try instantiate(try pop(3)[0])
    case UInt8(ascii: "i"):
      let global = PickleGlobal(try scanner.line(), try scanner.line())
      _ = try popToMark()
      try push(.instance(of: global, state: .none))
    case UInt8(ascii: "o"):
      guard let type = try popToMark().first else { throw fault("an object without a class") }
      try instantiate(type)
    case UInt8(ascii: "b"):
      let state = try pop()
      guard case .object(let index) = try top() else { throw fault("a number gets a state") }
      // The state of what is no instance, such as a state dict's `_metadata`, is not needed.
      if case .instance(let type, .none) = objects[index] {
        objects[index] = .instance(of: type, state: state)
      }
    case UInt8(ascii: "Q"): try loadPersistent(pop())
    case UInt8(ascii: "P"):
      _ = try scanner.line()
      try push(.instance(of: PickleGlobal("persistent", "id"), state: .none))
    case 0x82, 0x83, 0x84: throw fault("an extension code, which only the program that wrote it knows")
    case 0x97, 0x98: throw fault("a buffer outside of the file")
    default: return false
    }
    return true
  }

  /// Pushes an instance of what should be a class.
  mutating func instantiate(_ type: PickleValue) throws(PickleFault) {
    switch object(type) {
    case .global(let global): try push(.instance(of: global, state: .none))
    case .instance(let global, _): try push(.instance(of: global, state: .none))
    default: throw fault("an object whose class is no class")
    }
  }

  private mutating func push(integer range: Range<Int>) throws(PickleFault) {
    guard let number = scanner.integer(range) else { return try push(.bytes(range)) }
    push(.integer(number))
  }

  private mutating func decimal() throws(PickleFault) -> PickleValue {
    var line = try scanner.line()
    if line == "00" || line == "01" { return .bool(line == "01") }
    if line.hasSuffix("L") { line.removeLast() }
    if let number = Int(line) { return .integer(number) }
    // Beyond 64 bits; no tensor needs it.
    guard let number = Double(line) else { throw fault("an integer that cannot be read") }
    return .float(number)
  }

  private mutating func index() throws(PickleFault) -> UInt64 {
    guard let number = UInt64(try scanner.line()) else {
      throw fault("a number of the memo that cannot be read")
    }
    return number
  }

  private func pairs(_ values: [PickleValue]) throws(PickleFault) -> [PickleValue] {
    if !values.count.isMultiple(of: 2) { throw fault("a key without a value") }
    return values
  }
}
