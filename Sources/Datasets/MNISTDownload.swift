import FileIO

/// Downloads MNIST from the first mirror that works; files are verified by SHA-256 and written atomically.
public struct MNISTDownload: Sendable {
  /// One of the four files.
  package struct File: Sendable {
    /// The name without `.gz`.
    package let name: String
    /// The SHA-256 of the decompressed content: mirrors compress differently.
    package let sha256: String
    /// The size of the decompressed content in bytes.
    package let contentSize: Int
    /// The usual size of the compressed file in bytes.
    package let downloadSize: Int

    package init(name: String, sha256: String, contentSize: Int, downloadSize: Int) {
      self.name = name
      self.sha256 = sha256
      self.contentSize = contentSize
      self.downloadSize = downloadSize
    }
  }

  /// The progress of a download.
  public struct Progress: Equatable, Sendable {
    /// The file that is downloaded: `train-images-idx3-ubyte.gz`.
    public let file: String
    /// The bytes received so far.
    public let received: Int
    /// The usual size of the file in bytes.
    public let expected: Int
  }

  /// The result of `run` for a file.
  public enum Outcome: Equatable, Sendable {
    /// The file at this path existed and is valid.
    case kept(String)
    /// The file was downloaded to this path from the URL.
    case downloaded(String, from: String)
  }

  /// The mirrors, URLs of folders, in the order in which they are tried.
  public static let mirrors = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
  ]

  package static let files = [
    File(
      name: "train-images-idx3-ubyte",
      sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      contentSize: 47_040_016, downloadSize: 9_912_422),
    File(
      name: "train-labels-idx1-ubyte",
      sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      contentSize: 60_008, downloadSize: 28_881),
    File(
      name: "t10k-images-idx3-ubyte",
      sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      contentSize: 7_840_016, downloadSize: 1_648_877),
    File(
      name: "t10k-labels-idx1-ubyte",
      sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      contentSize: 10_008, downloadSize: 4_542),
  ]

  private let mirrors: [String]
  private let files: [File]
  private let transport: any DownloadTransport

  /// A download from `mirrors`, URLs of folders, with `transport`.
  public init(transport: any DownloadTransport, mirrors: [String] = MNISTDownload.mirrors) {
    self.init(transport: transport, mirrors: mirrors, files: Self.files)
  }

  /// A download of other files, for tests.
  package init(transport: any DownloadTransport, mirrors: [String], files: [File]) {
    self.transport = transport
    self.mirrors = mirrors
    self.files = files
  }

  /// Downloads the four files into `directory`, which is created if missing; valid files are kept.
  ///
  /// Throws `unobtainable` if all mirrors fail, with a line for each and what to do by hand; `unwritable` if a file
  /// cannot be written or `shouldStop` returned true; `malformed` if a file of the same name has another content.
  public func run(
    into directory: String, progress: (Progress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(DataError) -> [Outcome] {
    try AtomicFile.createFolder(directory)
    var outcomes: [Outcome] = []
    for file in files {
      if let path = try existing(file, in: directory) {
        outcomes.append(.kept(path))
      } else {
        outcomes.append(try download(file, into: directory, shouldStop: shouldStop, progress: progress))
      }
    }
    return outcomes
  }

  /// The path of `file` if `directory` has a valid one, nil if it is missing or damaged.
  private func existing(_ file: File, in directory: String) throws(DataError) -> String? {
    for path in [file.name, file.name + ".gz"].map({ joinPath(directory, $0) }) where isFile(path) {
      do throws(DataError) {
        if try Self.isContent(of: file, in: ByteSource(path: path)) { return path }
      } catch {
        // A truncated download is replaced.
        guard case .malformed = error else { throw error }
        continue
      }
      // Other data sets with the same file names, such as Fashion-MNIST, are not.
      throw .malformed(
        path: path, byte: 0, reason: "\(Self.otherContent); remove it, or choose another folder")
    }
    return nil
  }

  private func download(
    _ file: File, into directory: String, shouldStop: () -> Bool, progress: (Progress) -> Void
  ) throws(DataError) -> Outcome {
    let name = file.name + ".gz"
    let path = joinPath(directory, name)
    var failures: [DataError] = []
    for mirror in mirrors {
      let url = joinPath(mirror, name)
      do throws(DataError) {
        try AtomicFile.write(to: path) { (output) throws(DataError) in
          var received = 0
          func report() { progress(Progress(file: name, received: received, expected: file.downloadSize)) }
          report()
          try transport.fetch(url) { (bytes) throws(DataError) in
            if shouldStop() { throw .unwritable(path: path, reason: "the download was stopped") }
            received += bytes.count
            if received > 2 * file.downloadSize + 4096 {
              throw .malformed(path: url, byte: received, reason: "much larger than \(name)")
            }
            try output.write(bytes)
            report()
          }
          guard try Self.isContent(of: file, in: ByteSource(output.temporary, name: url)) else {
            throw .malformed(path: url, byte: 0, reason: Self.otherContent)
          }
        }
        return .downloaded(path, from: url)
      } catch {
        if case .unwritable = error { throw error }
        failures.append(error)
      }
    }
    throw .unobtainable(path: path, lines: instructions(after: failures, directory))
  }

  private func instructions(after failures: [DataError], _ directory: String) -> [String] {
    let names = files.map { $0.name + ".gz" }.joined(separator: ", ")
    let advice = "fetch \(names) by hand, from a mirror, and put them into \(directory)"
    return ["cannot be downloaded"] + failures.map(\.description) + [advice]
  }

  private static let otherContent = "not MNIST's file of this name (its SHA-256 differs)"

  /// Whether `source` has exactly the content of `file`; throws if it cannot be read or decompressed.
  private static func isContent(of file: File, in source: consuming ByteSource) throws(DataError) -> Bool {
    var hash = SHA256()
    while source.offset <= file.contentSize {
      let bytes = try source.read(upTo: 1 << 18)
      if bytes.isEmpty { break }
      hash.update(bytes)
    }
    let digest = hash.hexadecimalDigest()
    return source.offset == file.contentSize && digest == file.sha256
  }
}
