import FileIO

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What fetches the bytes behind a URL.
public protocol DownloadTransport: Sendable {
  /// Hands what is at `url` to `receive`, piece by piece.
  ///
  /// Throws `unreadable` with the URL if it cannot be fetched whole, or what `receive` throws.
  func fetch(
    _ url: String, receive: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError)
}

/// Fetches with the `curl` program, run as a child process without a shell.
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
    guard let program = ChildProcess.find("curl", in: searchPath) else {
      throw .unreadable(path: url, reason: "the program curl, which downloads, is not installed")
    }
    let limits = ["--connect-timeout", "10", "--speed-time", "30", "--max-time", "600"]
    let (status, message) = try ChildProcess.run(
      program, arguments: ["--fail", "--location", "--silent", "--show-error"] + limits + ["--", url],
      name: url,
      receive: receive)
    if status != 0 {
      let line = message.split(whereSeparator: \.isNewline).first.map(String.init)
      throw .unreadable(path: url, reason: line ?? "curl ended with status \(status)")
    }
  }
}
