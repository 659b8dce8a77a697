import FileIO
import ImageFiles

/// Where what the network saw is written: a PNG file, or a folder of them.
struct SavedInputs {
  private let path: String
  private var isWritten = false

  /// A path that ends in `.png` is a file, any other a folder, made where it is missing.
  ///
  /// Throws `unwritable` for one file where there are several inputs, or where it is one of them.
  init(_ path: String, for inputs: [String]) throws(DataError) {
    self.path = path
    if !isOneFile {
      try AtomicFile.createFolder(path)
      return
    }
    if inputs.count > 1 { throw tooMany }
    if inputs.contains(where: { isSameFile($0, path) }) {
      throw .unwritable(
        path: path, reason: "this is the picture to be read; --save-input has to name another")
    }
  }

  private var tooMany: DataError {
    .unwritable(path: path, reason: "one file for several images; --save-input can name a folder")
  }

  /// Whether there is room for one image only.
  private var isOneFile: Bool { path.lowercased().hasSuffix(".png") && !isFolder(path) }

  /// Writes an image under the name of what it was made from; in a folder, beside what is there.
  mutating func save(_ image: Images, of input: String) throws(DataError) {
    if isOneFile {
      if isWritten { throw tooMany }
      isWritten = true
      return try AtomicFile.write(PNG.encode(image), to: path)
    }
    let base = Self.baseName(input)
    var (file, number) = (joinPath(path, "\(base).png"), 1)
    while isFile(file) {
      number += 1
      file = joinPath(path, "\(base)-\(number).png")
    }
    try AtomicFile.write(PNG.encode(image), to: file)
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
