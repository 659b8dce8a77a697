import Formatting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A single-threaded HTTP/1.1 server: an event loop over non-blocking connections.
package struct Server: ~Copyable {
  /// Limits on the resources of clients.
  package struct Limits: Sendable {
    /// The maximum size of request line and header fields.
    package var headBytes = 32 << 10
    /// The maximum size of a body.
    package var bodyBytes = 1 << 20
    /// The maximum number of connections that are served; further ones get `503 Service Unavailable`.
    var maxConnections = 64
    /// The maximum number of open sockets, rejected connections included; further ones are closed at once.
    var maxSockets = 320
    /// The time to receive a request, and to send a response.
    var requestTimeout = Duration.seconds(5)
    /// The time a persistent connection may be idle between two requests.
    var idleTimeout = Duration.seconds(30)
    /// The time for which a closing connection discards its input.
    var lingerTimeout = Duration.seconds(1)

    /// The defaults.
    package init() {}
  }

  private let listener: Listener
  private let limits: Limits
  private let respond: (HTTPRequest) -> HTTPResponse
  private var connections: [Connection] = []
  /// No connections are accepted before this time: the process ran out of file descriptors.
  private var acceptPausedUntil: ContinuousClock.Instant?

  /// A server on `listener` that calls `respond` for every request.
  package init(
    _ listener: consuming Listener, limits: Limits, respond: @escaping (HTTPRequest) -> HTTPResponse
  ) {
    self.listener = listener
    (self.limits, self.respond) = (limits, respond)
  }

  /// The maximum time between two calls of `isStopping`.
  private static let pollInterval = Duration.milliseconds(200)

  /// Serves until `isStopping` returns true, then closes all connections.
  package mutating func run(until isStopping: () -> Bool) {
    while !isStopping() {
      let events = waitForEvents()
      let now = ContinuousClock.now
      for index in connections.indices {
        connections[index].handle(events[index], now: now, respond: respond)
      }
      connections.removeAll { $0.isClosed }
      if events.last != 0 { accept(now) }
    }
    for connection in connections { connection.close() }
    connections = []
  }

  /// Polls; returns the events of every connection, and those of the listener last.
  private func waitForEvents() -> [Int16] {
    let now = ContinuousClock.now
    let isPaused = acceptPausedUntil.map { now < $0 } ?? false
    var polled = connections.map { pollfd(fd: $0.descriptor, events: $0.pollEvents, revents: 0) }
    polled.append(pollfd(fd: isPaused ? -1 : listener.descriptor, events: Int16(POLLIN), revents: 0))
    let wait = connections.reduce(Self.pollInterval) { min($0, max(.zero, $1.deadline - now)) }
    // Rounded up, since a timeout of 0 would make a busy loop of the last millisecond.
    let milliseconds = Int32(clamping: (wait / .milliseconds(1)).rounded(.up))
    guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else {
      return [Int16](repeating: 0, count: polled.count)
    }
    return polled.map(\.revents)
  }

  /// Accepts all pending connections.
  private mutating func accept(_ now: ContinuousClock.Instant) {
    while true {
      let descriptor = systemAccept(listener.descriptor)
      guard descriptor >= 0 else {
        if errno == EMFILE || errno == ENFILE { acceptPausedUntil = now + Self.pollInterval }
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      guard connections.count < limits.maxSockets, makeNonBlocking(descriptor) else {
        close(descriptor)
        continue
      }
      var connection = Connection(descriptor, limits: limits, now: now)
      if connections.count >= limits.maxConnections {
        connection.reject(HTTPError(.serviceUnavailable, "too many connections; try again"), now)
      }
      connections.append(connection)
    }
  }
}

private func systemAccept(_ descriptor: Int32) -> Int32 {
  accept(descriptor, nil, nil)
}
