#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A same-origin policy: only pages of this server may send requests, under one of its host names.
///
/// Checking `Origin` rejects cross-origin requests of other pages; checking `Host` rejects DNS rebinding, where a
/// foreign name resolves to this server and makes a foreign page look like its own.
package struct OriginPolicy: Sendable {
  /// The accepted host names and addresses, in lower case, without a port.
  let hostNames: Set<String>
  /// Whether every numeric address is accepted; DNS rebinding needs a name.
  let acceptsAnyAddress: Bool
  /// The port of the server.
  let port: Int

  /// The policy of a server for `host` that is bound to `address`, which may be the wildcard address.
  package init(host: String, address: String, port: Int, isWildcard: Bool = false) {
    hostNames = ["localhost", "127.0.0.1", "::1", host.lowercased(), address]
    acceptsAnyAddress = isWildcard
    self.port = port
  }

  /// Checks the `Host` and `Origin` headers of a request.
  ///
  /// - Throws: `HTTPError` for a request that the policy does not allow.
  package func check(_ request: HTTPRequest) throws(HTTPError) {
    guard let host = request["host"] else { throw HTTPError(.badRequest, "missing Host header") }
    guard accepts(host) else {
      throw HTTPError(.misdirectedRequest, "unknown host name; use the address of the server")
    }
    if let origin = request["origin"], origin.lowercased() != "http://\(host.lowercased())" {
      throw HTTPError(.forbidden, "cross-origin requests are not allowed")
    }
  }

  /// Whether the `Host` header names this server, port included.
  private func accepts(_ host: String) -> Bool {
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
    return hostNames.contains(String(name)) || acceptsAnyAddress && Self.isAddress(String(name))
  }

  private static func isAddress(_ text: String) -> Bool {
    var (v4, v6) = (in_addr(), in6_addr())
    return inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1
  }
}
