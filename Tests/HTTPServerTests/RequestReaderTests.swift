import HTTPServer
import Testing

struct RequestReaderTests {
  private let limits: Server.Limits = {
    var limits = Server.Limits()
    (limits.headBytes, limits.bodyBytes) = (200, 100)
    return limits
  }()

  /// The requests parsed from `chunks`, appended one by one.
  private func requests(_ chunks: [String]) throws(HTTPError) -> [HTTPRequest] {
    var reader = RequestReader(limits)
    var requests: [HTTPRequest] = []
    for chunk in chunks {
      reader.append(Array(chunk.utf8))
      while let request = try reader.next() { requests.append(request) }
    }
    return requests
  }

  private func status(_ text: String) -> Int? {
    do throws(HTTPError) {
      _ = try requests([text])
      return nil
    } catch {
      return error.status.code
    }
  }

  private let post =
    "POST /predict?x=1 HTTP/1.1\r\nHost: a:1\r\nX-Thing:  two words \t\r\nContent-Length: 5\r\n\r\nhello"

  @Test func aRequestIsParsed() throws {
    let request = try #require(try requests([post]).first)
    #expect(request.method == "POST" && request.path == "/predict" && request.keepsConnection)
    #expect(request["host"] == "a:1" && request["x-thing"] == "two words")
    #expect(request.body == Array("hello".utf8))
  }

  @Test(arguments: [
    ("http://b:2/x/y?z=/", "b:2", "/x/y"), ("HTTP://b", "b", "/"), ("http://b?x", "b", "/"),
    ("//b/x", "a:1", "//b/x"),
  ])
  func anAbsoluteURIHasItsHostAndPath(target: String, host: String, path: String) throws {
    let request = try #require(try requests(["GET \(target) HTTP/1.1\r\nHost: a:1\r\n\r\n"]).first)
    #expect(request["host"] == host && request.path == path)
  }

  @Test func anyChunkSizeGivesTheSameRequests() throws {
    let text = post + "GET / HTTP/1.1\r\nHost: a\r\n\r\n" + post
    let whole = try requests([text])
    #expect(whole.count == 3 && whole.map(\.method) == ["POST", "GET", "POST"])
    #expect(try requests(text.unicodeScalars.map { String($0) }) == whole)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false), ("GET / HTTP/1.0\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", true),
  ])
  func connectionsArePersistentByDefault(text: String, isPersistent: Bool) throws {
    #expect(try requests([text]).map(\.keepsConnection) == [isPersistent])
  }

  @Test(arguments: [
    "", "G", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
  ])
  func anIncompleteRequestIsNotReturned(text: String) throws {
    #expect(try requests([text]).isEmpty)
  }

  @Test(arguments: [
    ("\r\n\r\n", 400), ("GET\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET  / HTTP/1.1\r\n\r\n", 400),
    ("GET https://a/ HTTP/1.1\r\n\r\n", 400), ("GET http:// HTTP/1.1\r\n\r\n", 400),
    ("GET http:///a HTTP/1.1\r\n\r\n", 400), ("GET a HTTP/1.1\r\n\r\n", 400),
    ("G\u{E9}T / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\n\r\n", 505), ("GET / HTTP/1.1 \r\n\r\n", 400), ("GET / XYZ\r\n\r\n", 505),
    ("GET / HTTP/1.1\r\nHost\r\n\r\n", 400), ("GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400), ("GET / HTTP/1.1\r\nA: b\nHost: c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nA: b\rHost: c\r\n\r\n", 400), ("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\r\n", 411), ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 501),
  ])
  func malformedRequestsAreRejected(text: String, status: Int) {
    #expect(self.status(text) == status, "\(text.debugDescription)")
  }

  @Test func theSizeOfTheHeadIsLimited() {
    #expect(status("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 182)) == 431)
    #expect(status("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 300) + "\r\n\r\n") == 431)
    #expect(status("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 181 - 19 - 4) + "\r\n\r\n") == nil)
  }

  @Test func expectContinueIsReportedOnce() throws {
    var reader = RequestReader(limits)
    let head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    reader.append(Array(head.utf8))
    #expect(try reader.next() == nil && reader.expectsContinue)
    #expect(try reader.next() == nil && !reader.expectsContinue)
    reader.append(Array("ab".utf8))
    #expect(try reader.next()?.body == Array("ab".utf8))
  }
}
