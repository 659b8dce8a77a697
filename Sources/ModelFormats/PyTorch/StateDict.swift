import FileIO
import Formatting

/// The names and tensors of a network among the objects of a pickle.
struct StateDict {
  /// A named tensor, an index of the machine's.
  struct Entry {
    let name: String
    let tensor: Int
  }

  let entries: [Entry]

  /// The members of a training checkpoint that can be the state dict.
  private static let members = ["state_dict", "model_state_dict", "model"]

  /// Finds the state dict in `root`; throws `unsuitable`, with what is there instead, if there is none.
  init(_ machine: PickleMachine, root: PickleValue, name: String) throws(DataError) {
    var visited: Set<Int> = []
    guard let dictionary = Self.find(root, machine, &visited) else {
      throw .unsuitable(path: name, reason: Self.description(of: root, machine, name))
    }
    var (entries, indices): ([Entry], [String: Int]) = ([], [:])
    for (key, value) in machine.pairs(of: dictionary) {
      guard let text = machine.text(key) else { continue }
      let entryName = text.oneLine
      switch machine.object(value) {
      case .tensor(let tensor):
        let entry = Entry(name: entryName, tensor: tensor)
        // As in Python a later value replaces an earlier one, in its place.
        if let index = indices[entryName] {
          entries[index] = entry
        } else {
          indices[entryName] = entries.count
          entries.append(entry)
        }
      case .instance(let type, _) where type.path.hasPrefix("torch._utils._rebuild"):
        throw .unsuitable(
          path: name, reason: "\(entryName) is made by \(type.path.oneLine), which is not supported")
      default: break
      }
    }
    self.entries = entries
  }

  /// The dictionary with tensors in `value` or in its members; each is visited once, since a file can lead in circles.
  private static func find(
    _ value: PickleValue, _ machine: PickleMachine, _ visited: inout Set<Int>
  ) -> PickleValue? {
    guard case .dictionary(let index) = machine.object(value), visited.count < 16,
      visited.insert(index).inserted
    else { return nil }
    for member in members {
      if let inner = machine.member(member, of: value), let found = find(inner, machine, &visited) {
        return found
      }
    }
    return hasTensors(value, machine) ? value : nil
  }

  private static func hasTensors(_ dictionary: PickleValue, _ machine: PickleMachine) -> Bool {
    machine.pairs(of: dictionary).contains { key, value in
      if case .tensor = machine.object(value) { machine.text(key) != nil } else { false }
    }
  }

  /// Why there is no state dict: what the file holds, and the line of Python that saves one.
  private static func description(of root: PickleValue, _ machine: PickleMachine, _ path: String) -> String {
    let load = "torch.load(\(PyTorchContent.fileName(path)), weights_only=False)"
    for (place, value) in [("", root)]
      + members.compactMap({ key in
        machine.member(key, of: root).map { ("[\"\(key)\"]", $0) }
      })
    {
      guard case .instance(let type, let state) = machine.object(value) else { continue }
      if machine.member("_parameters", of: state) != nil {
        return "a whole module (\(type.path.oneLine)), whose code would have to run; save its weights with "
          + PyTorchContent.advice(load + place)
      }
      if place.isEmpty { return "an object of \(type.path.oneLine), no state dict; " + remedy }
    }
    guard case .dictionary = machine.object(root) else { return "no dictionary of tensors; " + remedy }
    for (key, value) in machine.pairs(of: root) {
      guard let key = machine.text(key)?.quoted, hasTensors(value, machine) else { continue }
      return
        "no state dict, but tensors under \(key); save them with torch.save(\(load)[\(key)], \"weights.pt\")"
    }
    let keys = machine.pairs(of: root).prefix(8).compactMap { machine.text($0.0)?.quoted }
    let list = keys.isEmpty ? "an empty dictionary" : "a dictionary of \(keys.joined(separator: ", "))"
    let types = machine.instanceTypes.prefix(4).map(\.path.oneLine)
    let objects = types.isEmpty ? "" : ", and objects that are not read (\(types.joined(separator: ", ")))"
    return "no state dict: \(list)\(objects); " + remedy
  }

  private static let remedy = "save one with " + PyTorchContent.advice("model")
}

extension PickleMachine {
  /// The keys and values of a dictionary; none for anything else.
  func pairs(of value: PickleValue) -> [(PickleValue, PickleValue)] {
    guard case .dictionary(let index) = object(value) else { return [] }
    let items = collections[index]
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  /// The value of a text key of a dictionary, the last one as in Python.
  func member(_ key: String, of value: PickleValue) -> PickleValue? {
    pairs(of: value).last { text($0.0) == key }?.1
  }

  /// The items of a list; nil for anything else.
  func list(_ value: PickleValue) -> [PickleValue]? {
    if case .list(let index) = object(value) { collections[index] } else { nil }
  }

  /// The classes and functions that were not called, each once, in the order of the file.
  var instanceTypes: [PickleGlobal] {
    var seen: Set<PickleGlobal> = []
    return objects.compactMap { object in
      guard case .instance(let type, _) = object, seen.insert(type).inserted else { return nil }
      return type
    }
  }
}
