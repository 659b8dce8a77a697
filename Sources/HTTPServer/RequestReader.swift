/// An incremental parser that splits the bytes of a connection into requests, within limits.
package struct RequestReader {
  private let limits: Server.Limits
  private var bytes: [UInt8] = []
  /// The offset from which to search for the end of the head.
  private var searched = 0
  /// A request whose body is incomplete, and the range of the body.
  private var pending: (request: HTTPRequest, body: Range<Int>)?
  /// Whether the client waits for `100 Continue`; true once per request.
  package private(set) var expectsContinue = false

  /// A parser without bytes.
  package init(_ limits: Server.Limits) { self.limits = limits }

  /// Whether no bytes of another request are buffered.
  var isEmpty: Bool { bytes.isEmpty }

  /// Appends received bytes.
  package mutating func append(_ received: [UInt8]) { bytes += received }

  /// The next request; nil while it is incomplete.
  ///
  /// - Throws: `HTTPError` for a malformed or too large request.
  package mutating func next() throws(HTTPError) -> HTTPRequest? {
    expectsContinue = false
    if pending == nil { try parseHead() }
    guard let pending, bytes.count >= pending.body.upperBound else { return nil }
    var request = pending.request
    request.body = Array(bytes[pending.body])
    bytes.removeFirst(pending.body.upperBound)
    (self.pending, searched) = (nil, 0)
    return request
  }

  private mutating func parseHead() throws(HTTPError) {
    guard let end = headEnd() else {
      if bytes.count > limits.headBytes { throw tooLarge }
      return
    }
    guard end <= limits.headBytes else { throw tooLarge }
    let request = try HTTPRequest(head: bytes[..<end])
    let start = end + Self.blankLine.count
    let length = try request.bodyLength(limit: limits.bodyBytes)
    pending = (request, start..<start + length)
    expectsContinue = request["expect"]?.lowercased() == "100-continue" && bytes.count < start + length
  }

  private var tooLarge: HTTPError {
    HTTPError(.headTooLarge, "the header is larger than \(limits.headBytes) bytes")
  }

  private static let blankLine = Array("\r\n\r\n".utf8)

  private mutating func headEnd() -> Int? {
    while searched + Self.blankLine.count <= bytes.count {
      if bytes[searched..<searched + Self.blankLine.count].elementsEqual(Self.blankLine) { return searched }
      searched += 1
    }
    return nil
  }
}
