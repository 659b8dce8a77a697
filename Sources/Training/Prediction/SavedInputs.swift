import FileIO
import ImageFiles

/// The output of `--save-input`: the images that the network reads, as one PNG file or a folder of them.
public struct SavedInputs {
  private let path: String
  private var isWritten = false

  private init(_ path: String) { self.path = path }

  /// The output at `path`: one file if it ends in `.png`, else a folder, which is created.
  ///
  /// - Throws: `DataError.unwritable` for one file with several inputs, or a file that is one of the inputs.
  public static func create(_ path: String, for inputs: [String]) throws(DataError) -> SavedInputs {
    let output = SavedInputs(path)
    if !output.isOneFile {
      try AtomicFile.createFolder(path)
      return output
    }
    if inputs.count > 1 { throw output.tooMany }
    if inputs.contains(where: { isSameFile($0, path) }) {
      throw .unwritable(path: path, reason: "this is an input; --save-input needs another file")
    }
    return output
  }

  private var tooMany: DataError {
    .unwritable(path: path, reason: "one file for several images; name a folder with --save-input")
  }

  /// Whether the output is a single file.
  private var isOneFile: Bool { path.lowercased().hasSuffix(".png") && !isFolder(path) }

  /// Writes an image, in a folder under the name of its input, without overwriting another file.
  ///
  /// - Throws: `DataError.unwritable`, also for a second image in a single file.
  public mutating func save(_ image: Images, of input: String) throws(DataError) {
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

  /// The base name of an output: `seven` for `photos/seven.jpg`, `digits.idx@7` for itself, `input` for standard input.
  private static func baseName(_ input: String) -> String {
    let name = lastComponent(of: input)
    if name == "-" || name.hasPrefix("-@") { return "input" + name.dropFirst() }
    let endings = [".png", ".jpg", ".jpeg", ".pgm"]
    let ending = endings.first { name.lowercased().hasSuffix($0) && name.count > $0.count }
    return String(name.dropLast(ending?.count ?? 0))
  }
}
