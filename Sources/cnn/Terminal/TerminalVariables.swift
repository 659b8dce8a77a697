/// What environment variables say of a terminal.
extension [String: String] {
  /// The locale in lower case; nil where none is named.
  private var locale: String? {
    ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { self[$0] }.first { !$0.isEmpty }?.lowercased()
  }

  /// Whether more than ASCII can be shown: no where the locale names a character set other than UTF-8, or `C`.
  var isUnicode: Bool { locale.map { $0.contains("utf-8") || $0.contains("utf8") } ?? true }

  /// Whether colours are welcome: `NO_COLOR` is not set, or empty.
  var allowsColor: Bool { self["NO_COLOR", default: ""].isEmpty }
}
