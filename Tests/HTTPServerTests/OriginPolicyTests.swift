import HTTPServer
import Testing

struct OriginPolicyTests {
  private let loopback = OriginPolicy(host: "127.0.0.1", address: "127.0.0.1", port: 8080)
  private let wildcard = OriginPolicy(host: "0.0.0.0", address: "0.0.0.0", port: 8080, isWildcard: true)

  private func status(_ policy: OriginPolicy, host: String?, origin: String? = nil) throws -> Int? {
    let headers = (host.map { "Host: \($0)\r\n" } ?? "") + (origin.map { "Origin: \($0)\r\n" } ?? "")
    let request = try HTTPRequest(head: Array("GET / HTTP/1.1\r\n\(headers)".utf8)[...])
    do throws(HTTPError) {
      try policy.check(request)
      return nil
    } catch {
      return error.status.code
    }
  }

  @Test(arguments: ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
  func loopbackNamesAreAccepted(host: String) throws {
    #expect(try status(loopback, host: host) == nil)
    #expect(try status(wildcard, host: host) == nil)
  }

  @Test(arguments: [
    "evil.example:8080", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8080:8080", "127.0.0.1:8080.evil.example",
    "localhost.evil.example:8080", "[::1:8080", "[::1]8080", "", ":8080", "user@localhost:8080",
    "192.168.1.7:8080",
  ])
  func otherNamesAreRejected(host: String) throws {
    #expect(try status(loopback, host: host) == 421)
  }

  @Test func aMissingHostIsRejected() throws { #expect(try status(loopback, host: nil) == 400) }

  @Test func theDefaultPortMayBeOmitted() throws {
    let policy = OriginPolicy(host: "127.0.0.1", address: "127.0.0.1", port: 80)
    #expect(try status(policy, host: "localhost") == nil)
  }

  @Test(
    arguments: [
      ("192.168.1.7:8080", nil), ("[fe80::1]:8080", nil), ("evil.example:8080", 421), ("1.2.3:8080", 421),
    ] as [(String, Int?)])
  func theWildcardAddressAcceptsAddressesButNoNames(host: String, expected: Int?) throws {
    #expect(try status(wildcard, host: host) == expected)
  }

  @Test func theNameOfTheHostIsAccepted() throws {
    let policy = OriginPolicy(host: "Studio.local", address: "192.168.1.7", port: 9)
    #expect(try status(policy, host: "studio.local:9") == nil)
    #expect(try status(policy, host: "192.168.1.7:9") == nil)
    #expect(try status(policy, host: "192.168.1.8:9") == 421)
  }

  @Test(
    arguments: [
      ("http://localhost:8080", nil), ("http://127.0.0.1:8080", 403), ("http://evil.example", 403),
      ("null", 403),
      ("https://localhost:8080", 403), ("http://localhost:8081", 403), ("", 403),
    ] as [(String, Int?)])
  func crossOriginRequestsAreRejected(origin: String, expected: Int?) throws {
    #expect(try status(loopback, host: "localhost:8080", origin: origin) == expected)
  }

  @Test(
    arguments: [
      ("http://localhost:8080/", "evil.example", nil), ("HTTP://LocalHost:8080/x", "127.0.0.1:8080", nil),
      ("http://evil.example/", "localhost:8080", 421), ("http://localhost/", "localhost:8080", 421),
      ("http://evil@localhost:8080/", "localhost:8080", 421), ("http://localhost:8080/", nil, 400),
      ("http://localhost:8080@evil.example/", "localhost:8080", 421),
    ] as [(String, String?, Int?)])
  func theHostOfAnAbsoluteURIReplacesTheHeader(target: String, host: String?, expected: Int?) throws {
    let header = host.map { "Host: \($0)\r\n" } ?? ""
    let request = try HTTPRequest(head: Array("GET \(target) HTTP/1.1\r\n\(header)".utf8)[...])
    do throws(HTTPError) {
      try loopback.check(request)
      #expect(expected == nil)
    } catch {
      #expect(error.status.code == expected)
    }
  }

  @Test func anOriginIsComparedWithTheHostOfAnAbsoluteURI() throws {
    for (origin, isAllowed) in [("http://localhost:8080", true), ("http://127.0.0.1:8080", false)] {
      let head =
        "GET http://localhost:8080/ HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nOrigin: \(origin)\r\n"
      let request = try HTTPRequest(head: Array(head.utf8)[...])
      #expect(((try? loopback.check(request)) != nil) == isAllowed)
    }
  }
}
