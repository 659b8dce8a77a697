/// Environment variables that describe a terminal.
extension [String: String] {
  /// The locale in lower case; nil if none is set.
  private var locale: String? {
    ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { self[$0] }.first { !$0.isEmpty }?.lowercased()
  }

  /// Whether the locale has Unicode: false for `C` and for character sets other than UTF-8.
  package var isUnicode: Bool { locale.map { $0.contains("utf-8") || $0.contains("utf8") } ?? true }

  /// Whether colours may be used: `NO_COLOR` is not set, or empty.
  package var allowsColor: Bool { self["NO_COLOR", default: ""].isEmpty }
}
