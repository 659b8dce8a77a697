import ArgumentParser
import FileIO
import Training

/// What a shell offers for the value of an option.
extension CompletionKind {
  /// A shipped config, or a file or folder.
  static let config = paths(or: ConfigSource.shipped.map(\.name))

  /// `words`, and the files and folders below what was typed, of which the shell takes those that begin with it.
  static func paths(or words: [String]) -> CompletionKind {
    .custom { _, _, typed in
      let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
      let names = fileNames(in: folder.isEmpty ? "." : folder).filter { !$0.hasPrefix(".") }.sorted()
      return words
        + names.map { folder + $0 }.map { isFolder($0) ? "\($0)/" : $0 }
    }
  }
}
