import ConfigDecoding
import Formatting
import ModelFormats

/// What each tensor of a checkpoint is: the metadata `sections`, an object with the names of each section's tensors.
struct CheckpointSections {
  /// A kind of tensor.
  enum Section: String, CaseIterable {
    /// What is learned.
    case weights
    /// What is kept without being learned: running statistics.
    case state
    /// The optimizer's slots, `optimizer.<slot>.<tensor>`.
    case optimizer
    /// The average of weights and state, `average.<tensor>`.
    case average
  }

  private var names: [Section: [String]] = [:]

  /// The names of the tensors in each section.
  init(_ tensors: [(section: Section, tensors: [NamedTensor])]) {
    for (section, tensors) in tensors where !tensors.isEmpty { names[section] = tensors.map(\.name) }
  }

  /// The object in the metadata; sections without tensors are left out.
  var json: JSON {
    JSON(
      object: Section.allCases.compactMap { section in
        names[section].map { (section.rawValue, JSON($0.map { JSON($0) })) }
      })
  }

  /// Whether there are tensors in a section.
  func has(_ section: Section) -> Bool { names[section] != nil }

  /// Reads the object in the metadata of `file`, which must give each tensor exactly one section.
  init(_ json: JSON, of file: SafeTensors, path: String) throws(CheckpointError) {
    func fault(_ message: String) -> CheckpointError { CheckpointError(path, message) }
    guard let members = json.members else { throw fault("the sections in the metadata are not an object") }
    let known = Set(file.tensors.map(\.name))
    var listed: Set<String> = []
    for member in members {
      guard let section = Section(rawValue: member.key) else {
        let list = Section.allCases.map(\.rawValue).joined(separator: ", ")
        throw fault("unknown section \(member.key.oneLine) in the metadata; the sections are \(list)")
      }
      let names = member.value.array?.compactMap(\.string) ?? []
      guard !names.isEmpty, names.count == member.value.array?.count else {
        throw fault("the section \(section.rawValue) in the metadata is not a list of names")
      }
      for name in names {
        guard listed.insert(name).inserted else {
          throw fault("\(name.oneLine) is listed twice in the sections")
        }
        guard known.contains(name) else {
          throw fault(
            "\(name.oneLine) is in the section \(section.rawValue), but no such tensor is in the file")
        }
      }
      self.names[section] = names
    }
    if let other = file.tensors.first(where: { !listed.contains($0.name) }) {
      throw fault("\(other.name.oneLine) is in no section")
    }
  }

  /// Checks that a section has exactly the tensors called `expected`.
  func check(_ section: Section, has expected: [String], path: String) throws(CheckpointError) {
    let names = names[section] ?? []
    func fault(_ name: String, _ message: String) -> CheckpointError {
      CheckpointError(path, "\(name.oneLine) \(message) the section \(section.rawValue)")
    }
    let (found, wanted) = (Set(names), Set(expected))
    if let name = expected.first(where: { !found.contains($0) }) { throw fault(name, "is missing in") }
    if let name = names.first(where: { !wanted.contains($0) }) {
      throw fault(name, "is no tensor of its network, but in")
    }
  }
}
