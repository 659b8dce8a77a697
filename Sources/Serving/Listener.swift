import Digits

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A socket that waits for connections.
package struct Listener: ~Copyable {
  /// The address it is bound to, in numbers.
  package let address: String
  /// The port it is bound to.
  package let port: Int
  let descriptor: Int32

  /// Binds a port of the interface that `host`, an address or a name, belongs to; port 0 picks a free one.
  ///
  /// - Throws: `DataError.unwritable` where the port cannot be had, `DataError.unsatisfiable` where the host is none.
  package init(host: String, port: Int) throws(DataError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let place = found?.pointee else {
      throw .unsatisfiable(reason: "--host \(host): no address of this machine")
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(place.ai_family, place.ai_socktype, place.ai_protocol)
    // Just after another server ended its port may be taken again at once.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard descriptor >= 0, bind(descriptor, place.ai_addr, place.ai_addrlen) == 0,
      listen(descriptor, SOMAXCONN) == 0, makeNonBlocking(descriptor)
    else {
      let reason = Self.reason(host)
      if descriptor >= 0 { close(descriptor) }
      throw .unwritable(path: "\(Self.bracketed(host)):\(port)", reason: reason)
    }
    self.descriptor = descriptor
    (address, self.port) = Self.name(of: descriptor)
  }

  deinit { close(descriptor) }

  /// Where a browser finds it.
  package var url: String { "http://\(Self.bracketed(address)):\(port)" }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }

  /// An address as it stands in a URL.
  private static func bracketed(_ address: String) -> String {
    address.contains(":") ? "[\(address)]" : address
  }

  private static func reason(_ host: String) -> String {
    switch errno {
    case EADDRINUSE: "the port is in use; choose another with --port, 0 picks a free one"
    case EACCES: "ports below 1024 are not for everyone; choose another with --port"
    case EADDRNOTAVAIL: "this machine has no such address; 0.0.0.0 stands for all it has"
    default: systemMessage()
    }
  }

  private static func name(of descriptor: Int32) -> (address: String, port: Int) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var (host, service) = ([CChar](repeating: 0, count: 64), [CChar](repeating: 0, count: 16))
    withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = getsockname(descriptor, address, &length)
        _ = getnameinfo(
          address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
          NI_NUMERICHOST | NI_NUMERICSERV)
      }
    }
    func text(_ characters: [CChar]) -> String {
      String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return (text(host), Int(text(service)) ?? 0)
  }
}

/// Makes a socket return at once where it would wait, and keeps it from programs started later.
func makeNonBlocking(_ descriptor: Int32) -> Bool {
  fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
}
