#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a server cannot listen.
package enum ListenerError: Error, CustomStringConvertible {
  /// A host that has no address here.
  case unknownHost(String)
  /// An address or port that is taken, or not for this user.
  case unavailable(address: String, reason: String)

  /// One line for a user.
  package var description: String {
    switch self {
    case .unknownHost(let host): "--host \(host): no address of this machine"
    case .unavailable(let address, let reason): "\(address): \(reason)"
    }
  }
}

/// A socket that waits for connections.
package struct Listener: ~Copyable {
  /// The address it is bound to, in numbers.
  package let address: String
  /// The port it is bound to.
  package let port: Int
  let descriptor: Int32

  /// Binds a port of the interface that `host`, an address or a name, belongs to; port 0 picks a free one.
  ///
  /// - Throws: `ListenerError` where the host is none of this machine's, or the port cannot be had.
  package init(host: String, port: Int) throws(ListenerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let place = found?.pointee else {
      throw .unknownHost(host)
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(place.ai_family, place.ai_socktype, place.ai_protocol)
    // Just after another server ended its port may be taken again at once.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard descriptor >= 0, bind(descriptor, place.ai_addr, place.ai_addrlen) == 0,
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

  /// Where a browser on this machine finds it.
  package var url: String { Self.url(isForAll ? "127.0.0.1" : address, port) }

  /// Where browsers on other machines find it; nothing where only this one can reach it.
  package var urlsForOthers: [String] {
    if isForAll { return Self.addresses().map { Self.url($0, port) } }
    return address.hasPrefix("127.") || address == "::1" ? [] : [url]
  }

  /// Whether it is bound to all addresses of this machine.
  package var isForAll: Bool { address == "0.0.0.0" || address == "::" }

  private static func url(_ address: String, _ port: Int) -> String { "http://\(bracketed(address)):\(port)" }

  /// An address as it stands in a URL.
  private static func bracketed(_ address: String) -> String {
    address.contains(":") ? "[\(address)]" : address
  }

  /// Why the last call failed, and what to do.
  private static var reason: String {
    switch errno {
    case EADDRINUSE: "the port is in use; choose another with --port, 0 picks a free one"
    case EACCES: "ports below 1024 are not for everyone; choose another with --port"
    case EADDRNOTAVAIL: "this machine has no such address; 0.0.0.0 stands for all it has"
    default: String(cString: strerror(errno))
    }
  }

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

/// Makes a socket return at once where it would wait, and keeps it from programs started later.
func makeNonBlocking(_ descriptor: Int32) -> Bool {
  fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
}
