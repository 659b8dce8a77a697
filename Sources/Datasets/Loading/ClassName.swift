import Formatting

/// The rule for names of classes, which tables show on one line and checkpoints store.
package enum ClassName {
  /// Whether a name has no characters that control a terminal or break a line: a checkpoint is refused otherwise.
  package static func isOneLine(_ name: String) -> Bool {
    !name.unicodeScalars.contains {
      [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
    }
  }

  /// The name of a folder as that of a class: bytes that are not UTF-8 are escaped.
  static func visible(_ folder: String) -> String {
    folder.unicodeScalars.contains { $0.undecodedByte != nil } ? folder.oneLine : folder
  }

  /// Whether a name is on one line, and not empty.
  static func isValid(_ name: String) -> Bool { isOneLine(name) && !name.allSatisfy(\.isWhitespace) }

  /// What is wrong with the first of `names` that is not valid, in a clause; nil if all are.
  package static func fault(in names: [String]) -> String? {
    guard let name = names.first(where: { !isValid($0) }) else { return nil }
    return isOneLine(name)
      ? "a class has an empty name" : "the name of the class \(name.quoted) has control characters"
  }

  /// The first name that is there twice; nil if each is there once.
  package static func duplicate(in names: [String]) -> String? {
    var known: Set<String> = []
    return names.first { !known.insert($0).inserted }
  }
}
