/// Takes a connection's bytes apart into requests, holding no more of them than its limits.
package struct RequestReader {
  private let limits: Server.Limits
  private var bytes: [UInt8] = []
  /// Where the search for the end of the head goes on.
  private var searched = 0
  /// A head whose body has not come in whole, and where it starts and ends.
  private var pending: (request: HTTPRequest, body: Range<Int>)?
  /// Whether the sender waits for a word before it sends the body.
  package private(set) var expectsContinue = false

  package init(_ limits: Server.Limits) { self.limits = limits }

  /// Whether nothing of another request has come.
  var isEmpty: Bool { bytes.isEmpty }

  /// Adds what came in.
  package mutating func append(_ piece: [UInt8]) { bytes += piece }

  /// The next request, nil before it is complete.
  package mutating func next() throws(HTTPFault) -> HTTPRequest? {
    expectsContinue = false
    if pending == nil { try readHead() }
    guard let pending, bytes.count >= pending.body.upperBound else { return nil }
    var request = pending.request
    request.body = Array(bytes[pending.body])
    bytes.removeFirst(pending.body.upperBound)
    (self.pending, searched) = (nil, 0)
    return request
  }

  private mutating func readHead() throws(HTTPFault) {
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

  private var tooLarge: HTTPFault {
    HTTPFault(.headTooLarge, "a head of more than \(limits.headBytes) bytes")
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
