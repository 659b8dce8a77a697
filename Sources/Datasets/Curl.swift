import FileIO
/// Fetches the content of a URL.
public protocol DownloadTransport: Sendable {
  /// Hands the content at `url` to `receive` in chunks, empty ones while none arrives.
  ///
  /// Throws `unreadable` with the URL if the download is incomplete, or what `receive` throws.
  func fetch(
    _ url: String, receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError)
}

/// Fetches with the `curl` program, run without a shell.
public struct Curl: DownloadTransport {
  private let searchPath: String

  /// Looks for `curl` in the folders of `searchPath`, separated by colons as in `$PATH`.
  public init(searchPath: String) {
    self.searchPath = searchPath
  }

  /// Runs curl and reads its standard output.
  public func fetch(
    _ url: String, receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) {
    guard let program = Subprocess.find("curl", in: searchPath) else {
      throw .unreadable(path: url, reason: "the program curl, which downloads, is not installed")
    }
    let limits = ["--connect-timeout", "10", "--speed-time", "30", "--max-time", "600"]
    try Subprocess.run(
      program, arguments: ["--fail", "--location", "--silent", "--show-error"] + limits + ["--", url],
      name: url, receive: receive)
  }
}
