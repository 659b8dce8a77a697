/// A value of a pickle: a scalar, or the index of an object. Objects lie in one flat list, so that neither depth nor
/// cycles of a file become recursion here.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case object(Int)
}

/// An object that a pickle builds. What is not needed for tensors is an instance, which does nothing.
enum PickleObject {
  case text(String)
  /// Bytes, or an integer beyond 64 bits, by their place in the file.
  case bytes(Range<Int>)
  case tuple([PickleValue])
  /// An index of the machine's collections, which grow.
  case list(Int)
  /// An index of the machine's collections: keys and values in turn.
  case dictionary(Int)
  /// A class or function that the file names; it is never looked up.
  case global(PickleGlobal)
  /// An index of the machine's storages.
  case storage(Int)
  /// An index of the machine's tensors.
  case tensor(Int)
  /// What calling a global would have made, with the state that it would have got.
  case instance(of: PickleGlobal, state: PickleValue)
}

/// A class or function by its module and name.
struct PickleGlobal: Hashable {
  let path: String

  init(_ module: String, _ name: String) { path = "\(module).\(name)" }
}

/// What cannot be read at a byte of the file.
struct PickleFault: Error {
  let message: String
  let byte: Int

  init(_ message: String, at byte: Int) { (self.message, self.byte) = (message, byte) }
}
