import ArgumentParser
import FileIO
import Formatting
import Training

/// Shell completions for the values of options.
extension CompletionKind {
  /// A built-in config, a file or a folder.
  static let config = paths(or: ConfigSource.shipped.map(\.name))

  /// `words`, and the files and folders in the folder that was typed; the shell filters them by prefix.
  static func paths(or words: [String]) -> CompletionKind {
    .custom { _, _, typed in
      let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
      let names = fileNames(in: folder.isEmpty ? "." : folder).filter {
        !$0.hasPrefix(".") && $0 == $0.oneLine
      }.sorted()
      return words
        + names.map { folder + $0 }.map { isFolder($0) ? "\($0)/" : $0 }
    }
  }
}
