/// Names of layers, each given once.
struct LayerNames {
  private var used: Set<String> = ["input"]

  /// `stem`, with a number behind it where another layer has that name.
  mutating func unused(_ stem: String) -> String {
    var (name, number) = (stem, 2)
    while !used.insert(name).inserted {
      name = "\(stem)_\(number)"
      number += 1
    }
    return name
  }
}

extension Sequence<Unicode.Scalar> {
  /// The text with `_` for every character that names in a config may not have.
  var identifier: String {
    String(map { $0.isASCII && UInt8($0.value).isIdentifierByte ? Character($0) : "_" })
  }
}
