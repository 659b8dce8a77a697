#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A listening TCP socket.
package struct Listener: ~Copyable {
  /// The numeric address it is bound to.
  package let address: String
  /// The port it is bound to.
  package let port: Int
  /// The socket.
  let descriptor: Int32

  /// Listens on `port` of `host`, a name or an address; port 0 is a free port.
  ///
  /// - Throws: `ListenerError` for a host that is not this machine, or a port that cannot be bound.
  package init(host: String, port: Int) throws(ListenerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let info = found?.pointee else {
      throw .unknownHost(host)
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
    // Allows binding while connections of an earlier server are in TIME_WAIT.
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    guard descriptor >= 0, bind(descriptor, info.ai_addr, info.ai_addrlen) == 0,
      listen(descriptor, SOMAXCONN) == 0, makeNonBlocking(descriptor)
    else {
      let reason = Self.reason
      if descriptor >= 0 { close(descriptor) }
      throw .unavailable(address: "\(Self.bracketed(host)):\(port)", reason: reason)
    }
    self.descriptor = descriptor
    (address, self.port) = Self.name(of: descriptor)
  }

  deinit { close(descriptor) }

  /// The URL for browsers on this machine.
  package var url: String { Self.url(isWildcard ? "127.0.0.1" : address, port) }

  /// The URLs for browsers on other machines; empty for a loopback address.
  package var networkURLs: [String] {
    if isWildcard { return Self.addresses().map { Self.url($0, port) } }
    return address.hasPrefix("127.") || address == "::1" ? [] : [url]
  }

  /// Whether it is bound to the wildcard address, that is to all interfaces.
  package var isWildcard: Bool { address == "0.0.0.0" || address == "::" }

  private static func url(_ address: String, _ port: Int) -> String { "http://\(bracketed(address)):\(port)" }

  /// The address as the host of a URL.
  private static func bracketed(_ address: String) -> String {
    address.contains(":") ? "[\(address)]" : address
  }

  /// The error of the last call, with a remedy.
  private static var reason: String {
    switch errno {
    case EADDRINUSE: "the port is in use; choose another port, or 0 for a free one"
    case EACCES: "ports below 1024 need privileges; choose another port"
    case EADDRNOTAVAIL: "not an address of this machine; 0.0.0.0 listens on all its addresses"
    default: String(cString: strerror(errno))
    }
  }

  /// The address and port that a socket is bound to.
  private static func name(of descriptor: Int32) -> (address: String, port: Int) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = getsockname(descriptor, address, &length)
        return name(of: address, length)
      }
    }
  }

  private static func name(of address: UnsafePointer<sockaddr>, _ length: socklen_t) -> (
    address: String, port: Int
  ) {
    var (host, service) = ([CChar](repeating: 0, count: 64), [CChar](repeating: 0, count: 16))
    _ = getnameinfo(
      address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
      NI_NUMERICHOST | NI_NUMERICSERV)
    func text(_ characters: [CChar]) -> String {
      String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return (text(host), Int(text(service)) ?? 0)
  }

  /// The IPv4 addresses of this machine's interfaces, without loopback.
  private static func addresses() -> [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var addresses: [String] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) {
        addresses.append(name(of: address, socklen_t(MemoryLayout<sockaddr_in>.size)).address)
      }
      next = entry.ifa_next
    }
    return addresses.filter { !$0.hasPrefix("127.") }
  }
}

/// Makes a socket non-blocking and close-on-exec; returns whether that succeeded.
func makeNonBlocking(_ descriptor: Int32) -> Bool {
  fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
}
