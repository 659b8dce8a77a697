import Formatting

/// Runs a pickle without Python: a stack machine that builds values, and calls nothing.
///
/// It knows how PyTorch puts tensors together (`PickleMachine+Tensors.swift`); every other class or function becomes an
/// inert instance. Each operation adds at most one value, so that memory stays within a multiple of the file's size.
struct PickleMachine {
  var scanner: PickleScanner
  var objects: [PickleObject] = []
  /// The items of lists and dictionaries.
  private(set) var collections: [[PickleValue]] = []
  var storages: [PyTorchStorage] = []
  var tensors: [PyTorchStorageView] = []
  private var stack: [PickleValue] = []
  /// The heights of the stack where a mark is.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// The pairs that were copied from lists into ordered dictionaries.
  var copiedPairs = 0
  /// Where the operation that is executed begins.
  private(set) var operation: Int

  /// Limits of one pickle.
  static let (largestOperations, largestObjects, largestMarks) = (1 << 24, 1 << 22, 1000)

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    scanner = PickleScanner(bytes, range)
    operation = range.lowerBound
  }

  /// Executes the pickle up to its end, `STOP`, and returns the value that it leaves.
  mutating func run() throws(PickleFault) -> PickleValue {
    for _ in 0..<Self.largestOperations {
      operation = scanner.position
      let code = try scanner.byte()
      if code == UInt8(ascii: ".") { return try pop() }
      if try executeScalar(code) { continue }
      if try executeContainer(code) { continue }
      if try executeObject(code) { continue }
      throw fault("an operation \(code.hexadecimal) that pickles do not have")
    }
    throw fault("more than \(Self.largestOperations.grouped) operations")
  }

  func fault(_ message: String) -> PickleFault { PickleFault(message, at: operation) }

  // MARK: Stack

  mutating func push(_ value: PickleValue) { stack.append(value) }

  mutating func push(_ object: PickleObject) throws(PickleFault) {
    guard objects.count < Self.largestObjects else {
      throw fault("more than \(Self.largestObjects.grouped) objects")
    }
    objects.append(object)
    stack.append(.object(objects.count - 1))
  }

  mutating func pushList(_ items: [PickleValue]) throws(PickleFault) {
    try push(.list(collections.count))
    collections.append(items)
  }

  /// Pushes a dictionary of keys and values in turn.
  mutating func pushDictionary(_ items: [PickleValue]) throws(PickleFault) {
    try push(.dictionary(collections.count))
    collections.append(items)
  }

  mutating func pop() throws(PickleFault) -> PickleValue {
    guard stack.count > marks.last ?? 0 else { throw fault("nothing is on the stack here") }
    return stack.removeLast()
  }

  func top() throws(PickleFault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw fault("nothing is on the stack here")
    }
    return value
  }

  mutating func pop(_ count: Int) throws(PickleFault) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("too little is on the stack here") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  mutating func mark() throws(PickleFault) {
    guard marks.count < Self.largestMarks else {
      throw fault("nested more than \(Self.largestMarks.grouped) deep")
    }
    marks.append(stack.count)
  }

  /// Whether the top of the stack is a mark, which is taken away.
  mutating func popMark() -> Bool {
    guard let mark = marks.last, mark == stack.count else { return false }
    marks.removeLast()
    return true
  }

  /// The values above the last mark.
  mutating func popToMark() throws(PickleFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault("no mark is on the stack here") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  // MARK: Memo

  mutating func remember(_ index: UInt64?) throws(PickleFault) {
    guard let index = Int(exactly: index ?? UInt64(memo.count)) else { throw fault("a memo of that number") }
    guard memo.count < Self.largestObjects else {
      throw fault("more than \(Self.largestObjects.grouped) remembered objects")
    }
    memo[index] = try top()
  }

  mutating func recall(_ index: UInt64) throws(PickleFault) {
    guard let index = Int(exactly: index), let value = memo[index] else {
      throw fault("object \(index) is referred to, but was not remembered")
    }
    push(value)
  }

  // MARK: Objects

  func object(_ value: PickleValue) -> PickleObject? {
    if case .object(let index) = value { objects[index] } else { nil }
  }

  func text(_ value: PickleValue) -> String? {
    if case .text(let text) = object(value) { text } else { nil }
  }

  func tuple(_ value: PickleValue) -> [PickleValue]? {
    if case .tuple(let items) = object(value) { items } else { nil }
  }

  func global(_ value: PickleValue) -> PickleGlobal? {
    if case .global(let global) = object(value) { global } else { nil }
  }

  func integer(_ value: PickleValue) -> Int? {
    if case .integer(let number) = value { number } else { nil }
  }

  /// Appends to a list or, keys and values in turn, to a dictionary; what an instance gets is dropped.
  mutating func append(_ values: [PickleValue], toDictionary: Bool) throws(PickleFault) {
    switch object(try top()) {
    case .list(let index) where !toDictionary: collections[index] += values
    case .dictionary(let index) where toDictionary: collections[index] += values
    case .instance: break
    default: throw fault("values are appended to what is no \(toDictionary ? "dictionary" : "list")")
    }
  }
}
