import HTTPServer
import Testing

struct OriginPolicyTests {
  private let loopback = OriginPolicy(host: "127.0.0.1", address: "127.0.0.1", port: 8080)
  private let everywhere = OriginPolicy(host: "0.0.0.0", address: "0.0.0.0", port: 8080, isForAll: true)

  private func status(_ rules: OriginPolicy, host: String?, origin: String? = nil) throws -> Int? {
    let fields = (host.map { "Host: \($0)\r\n" } ?? "") + (origin.map { "Origin: \($0)\r\n" } ?? "")
    let request = try HTTPRequest(head: Array("GET / HTTP/1.1\r\n\(fields)".utf8)[...])
    do throws(HTTPFault) {
      try rules.check(request)
      return nil
    } catch {
      return error.status.rawValue
    }
  }

  @Test(arguments: ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
  func loopbackNamesAreKnown(host: String) throws {
    #expect(try status(loopback, host: host) == nil)
    #expect(try status(everywhere, host: host) == nil)
  }

  @Test(arguments: [
    "evil.example:8080", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8080:8080", "127.0.0.1:8080.evil.example",
    "localhost.evil.example:8080", "[::1:8080", "[::1]8080", "", ":8080", "user@localhost:8080",
    "192.168.1.7:8080",
  ])
  func otherNamesAreNot(host: String) throws {
    #expect(try status(loopback, host: host) == 421)
  }

  @Test func withoutAHostThereIsNoAnswer() throws { #expect(try status(loopback, host: nil) == 400) }

  @Test func thePortMayBeLeftOutWhereItIsTheUsualOne() throws {
    let rules = OriginPolicy(host: "127.0.0.1", address: "127.0.0.1", port: 80)
    #expect(try status(rules, host: "localhost") == nil)
  }

  @Test(
    arguments: [
      ("192.168.1.7:8080", nil), ("[fe80::1]:8080", nil), ("evil.example:8080", 421), ("1.2.3:8080", 421),
    ] as [(String, Int?)])
  func aServerForEverybodyKnowsAddressesAndNoNames(host: String, expected: Int?) throws {
    #expect(try status(everywhere, host: host) == expected)
  }

  @Test func aChosenNameIsKnown() throws {
    let rules = OriginPolicy(host: "Studio.local", address: "192.168.1.7", port: 9)
    #expect(try status(rules, host: "studio.local:9") == nil)
    #expect(try status(rules, host: "192.168.1.7:9") == nil)
    #expect(try status(rules, host: "192.168.1.8:9") == 421)
  }

  @Test(
    arguments: [
      ("http://localhost:8080", nil), ("http://127.0.0.1:8080", 403), ("http://evil.example", 403),
      ("null", 403),
      ("https://localhost:8080", 403), ("http://localhost:8081", 403), ("", 403),
    ] as [(String, Int?)])
  func onlyPagesOfThisServerMayAsk(origin: String, expected: Int?) throws {
    #expect(try status(loopback, host: "localhost:8080", origin: origin) == expected)
  }
}
