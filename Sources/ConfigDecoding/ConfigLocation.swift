/// The location of a value, for error messages; sorted by file, line and column, flags last.
public enum ConfigLocation: Sendable, Hashable, Comparable {
  /// A value of the program itself, such as a default.
  case code
  /// A file (or another text) by name; line and column count from 1, columns in Unicode scalars.
  case file(String, line: Int, column: Int)
  /// A command-line option, as typed: `--set train.epochs=0`.
  case flag(String)

  /// Whether the value is from the command line, so that an error is one of usage.
  public var isFlag: Bool {
    if case .flag = self { true } else { false }
  }
}

extension ConfigLocation: CustomStringConvertible {
  /// `lenet.json:12:5`, the option, or nothing.
  public var description: String {
    switch self {
    case .code: ""
    case .file(let name, let line, let column): "\(name):\(line):\(column)"
    case .flag(let text): text
    }
  }
}
