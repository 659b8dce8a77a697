import Digits

/// Where what the network saw is written: a PNG file, or a folder of them.
struct SavedInputs {
  private let path: String
  private var used: Set<String> = []

  /// A path that ends in `.png` is a file, any other a folder, made where it is missing.
  init(_ path: String) throws(DataError) {
    self.path = path
    if !isOneFile { try AtomicFile.createFolder(path) }
  }

  /// Whether there is room for one image only.
  private var isOneFile: Bool { path.lowercased().hasSuffix(".png") && !isFolder(path) }

  /// Writes an image under the name of what it was made from.
  mutating func save(_ image: Images, of input: String) throws(DataError) {
    if isOneFile {
      guard used.insert(path).inserted else {
        throw .unwritable(path: path, reason: "one file for several images; --save-input can name a folder")
      }
      return try AtomicFile.write(PNG.encode(image), to: path)
    }
    let base = Self.baseName(input)
    let name = (1...).lazy.map { $0 == 1 ? base : "\(base)-\($0)" }.first { !used.contains($0) } ?? base
    used.insert(name)
    try AtomicFile.write(PNG.encode(image), to: joinPath(path, "\(name).png"))
  }

  /// `seven` of `photos/seven.jpg`, `digits.idx@7` of itself, `input` of standard input.
  private static func baseName(_ input: String) -> String {
    let name = input.split(separator: "/").last.map(String.init) ?? input
    if name == "-" || name.hasPrefix("-@") { return "input" + name.dropFirst() }
    let endings = [".png", ".jpg", ".jpeg", ".pgm"]
    let ending = endings.first { name.lowercased().hasSuffix($0) && name.count > $0.count }
    return String(name.dropLast(ending?.count ?? 0))
  }
}
