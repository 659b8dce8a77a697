/// An incremental parser that splits the bytes of a connection into requests, within limits.
package struct RequestReader {
  private let limits: Server.Limits
  private var bytes: [UInt8] = []
  /// The offset from which to search for the end of the head.
  private var searched = 0
  /// A request whose head has been taken from `bytes`, and the length of its body.
  private var pending: (request: HTTPRequest, bodyLength: Int)?
  /// Whether the client waits for `100 Continue`; true once per request.
  package private(set) var expectsContinue = false

  /// A parser without bytes.
  package init(_ limits: Server.Limits) { self.limits = limits }

  /// Whether no part of another request has been received.
  var isEmpty: Bool { bytes.isEmpty && pending == nil }

  /// The number of buffered bytes.
  var count: Int { bytes.count }

  /// Appends received bytes.
  package mutating func append(_ received: [UInt8]) { bytes += received }

  /// The next request; nil while it is incomplete.
  ///
  /// - Throws: `HTTPError` for a malformed or too large request.
  package mutating func next() throws(HTTPError) -> HTTPRequest? {
    expectsContinue = false
    if pending == nil { try parseHead() }
    guard case (var request, let bodyLength)? = pending, bytes.count >= bodyLength else { return nil }
    request.body = take(bodyLength)
    (pending, searched) = (nil, 0)
    return request
  }

  private mutating func parseHead() throws(HTTPError) {
    guard let end = headEnd() else {
      if bytes.count > limits.headBytes { throw tooLarge }
      return
    }
    guard end <= limits.headBytes else { throw tooLarge }
    let request = try HTTPRequest(head: bytes[..<end])
    let length = try request.bodyLength(limit: limits.bodyBytes)
    _ = take(end + Self.blankLine.count)
    pending = (request, length)
    expectsContinue = request["expect"]?.lowercased() == "100-continue" && bytes.count < length
  }

  /// Removes the first `count` bytes; a large body is neither copied nor does its memory stay.
  private mutating func take(_ count: Int) -> [UInt8] {
    if count == bytes.count {
      defer { bytes = [] }
      return bytes
    }
    defer { bytes = Array(bytes.dropFirst(count)) }
    return Array(bytes.prefix(count))
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
