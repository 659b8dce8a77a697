import FileIO
import ModelFormats

/// A data set on disk: a folder with four IDX files, Keras' `mnist.npz`, or MATLAB's `mnist-original.mat`.
public enum DatasetSource: Equatable, Sendable {
  case idx(DatasetFiles)
  case npz(path: String)
  case mat(path: String)

  /// The names of archives in a folder; IDX files take precedence over them.
  static let archiveNames = ["mnist.npz", "mnist-original.mat"]

  /// The data set at `path`: a folder with IDX files or one of the archives, or an archive of any name.
  ///
  /// Throws `unreadable` if there is none, `malformed` for a file of another format.
  public init(at path: String) throws(DataError) {
    if isFile(path) {
      self = try Self.archive(path)
    } else if !DatasetFiles.arePresent(in: path),
      let name = Self.archiveNames.first(where: { isFile(joinPath(path, $0)) })
    {
      self = try Self.archive(joinPath(path, name))
    } else {
      self = .idx(try DatasetFiles(in: path))
    }
  }

  /// Whether `path` is a file, or a folder with a data set.
  public static func isPresent(at path: String) -> Bool {
    isFile(path) || DatasetFiles.arePresent(in: path)
      || archiveNames.contains { isFile(joinPath(path, $0)) }
  }

  private static func archive(_ path: String) throws(DataError) -> DatasetSource {
    var source = try ByteSource(path: path)
    let start = try source.peek(FileSignature.length)
    switch FileSignature(start) {
    case .zip: return .npz(path: path)
    case .matlab: return .mat(path: path)
    case .idx: throw source.malformed(at: 0, "this is one IDX file; give the folder of all four")
    default: throw source.malformed(at: 0, "neither an npz nor a mat file: \(FileSignature.describe(start))")
    }
  }
}

extension Dataset {
  /// Reads the data set at `path`, in any format of `DatasetSource`.
  ///
  /// Throws if a file is missing or invalid, if images and labels differ in number, if a label is not one of the classes,
  /// or if training and test images differ in shape.
  public static func load(
    from path: String, name: String = "mnist", classNames: [String] = Dataset.digitNames
  ) throws(DataError) -> Dataset {
    switch try DatasetSource(at: path) {
    case .idx: return try load(directory: path, name: name, classNames: classNames)
    case .npz(let path): return try Dataset(NPZ(contentsOf: path), name: name, classNames: classNames)
    case .mat(let path):
      var source = try ByteSource(path: path)
      return try Dataset(mat: source.readAll(), name: path, as: name, classNames: classNames)
    }
  }
}
