#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Who may ask: pages of this server only, and under the names it knows.
///
/// A page from elsewhere can make a browser send requests here, and a name whose owner lets it point here makes them
/// look like this server's own (DNS rebinding). The first gives itself away by its `Origin`, the second by its `Host`.
package struct OriginPolicy: Sendable {
  /// The names the server answers to, in small letters, without a port.
  let names: Set<String>
  /// Whether it also answers to every address in numbers, which no name server can make up.
  let knowsAnyAddress: Bool
  /// The port it is reached at.
  let port: Int

  /// The rules of a server that was started with `--host`, and is bound to `address` or, `isForAll`, to every one.
  package init(host: String, address: String, port: Int, isForAll: Bool = false) {
    names = ["localhost", "127.0.0.1", "::1", host.lowercased(), address]
    knowsAnyAddress = isForAll
    self.port = port
  }

  /// Throws unless the request may be answered.
  package func check(_ request: HTTPRequest) throws(HTTPFault) {
    guard let host = request["host"] else { throw HTTPFault(.badRequest, "Host is missing") }
    guard knows(host) else {
      throw HTTPFault(.misdirectedRequest, "this server does not go by that name; use its address")
    }
    if let origin = request["origin"], origin.lowercased() != "http://\(host.lowercased())" {
      throw HTTPFault(.forbidden, "pages from elsewhere may not ask here")
    }
  }

  /// Whether `host`, with its port, is this server.
  private func knows(_ host: String) -> Bool {
    let host = host.lowercased()
    let name: Substring
    let rest: Substring
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      name = host[host.index(after: host.startIndex)..<end]
      rest = host[host.index(after: end)...]
    } else {
      name = host.prefix { $0 != ":" }
      rest = host[name.endIndex...]
    }
    guard rest.isEmpty ? port == 80 : rest == ":\(port)" else { return false }
    return names.contains(String(name)) || knowsAnyAddress && Self.isAddress(String(name))
  }

  private static func isAddress(_ text: String) -> Bool {
    var (v4, v6) = (in_addr(), in6_addr())
    return inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1
  }
}
