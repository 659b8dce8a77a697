/// Where a value was written, so that an error can point at it; locations sort files by line, flags last.
public enum ConfigLocation: Sendable, Hashable, Comparable {
  /// Made by the program itself, such as a default.
  case code
  /// A file (or another text) by name; line and column count from 1, the column in Unicode scalars.
  case file(String, line: Int, column: Int)
  /// A flag of the command line, as typed: `--set train.epochs=0`.
  case flag(String)

  /// Whether the value came from the command line, where a fault is one of usage.
  public var isFlag: Bool {
    if case .flag = self { true } else { false }
  }
}

extension ConfigLocation: CustomStringConvertible {
  /// `lenet.json:12:5`, or the flag's text, or nothing.
  public var description: String {
    switch self {
    case .code: ""
    case .file(let name, let line, let column): "\(name):\(line):\(column)"
    case .flag(let text): text
    }
  }
}
