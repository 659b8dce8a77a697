#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An HTTP/1.1 server on one thread: it waits for whichever of its connections has something to do.
package struct Server: ~Copyable {
  /// What one sender may cost.
  package struct Limits: Sendable {
    /// The longest head of a request.
    package var headBytes = 32 << 10
    /// The longest body of a request.
    package var bodyBytes = 1 << 20
    /// Connections at a time; more are turned away.
    var connections = 64
    /// Connections at a time with those that are being told so; more are just closed.
    var allConnections = 320
    /// From a connection's beginning, or a request's first byte, to its last one; and to send an answer.
    var requestTime = Duration.seconds(5)
    /// Between two requests.
    var idleTime = Duration.seconds(30)
    /// What still comes in after a refusal is read and thrown away for so long, so that the refusal arrives.
    var lingerTime = Duration.seconds(1)

    package init() {}
  }

  private let listener: Listener
  private let limits: Limits
  private let respond: (HTTPRequest) -> HTTPResponse
  private var connections: [Connection] = []
  /// Nobody is let in before: the system had no descriptor left.
  private var pausedUntil: ContinuousClock.Instant?

  /// A server whose requests `respond` answers.
  package init(
    _ listener: consuming Listener, limits: Limits, respond: @escaping (HTTPRequest) -> HTTPResponse
  ) {
    self.listener = listener
    (self.limits, self.respond) = (limits, respond)
  }

  /// The longest time between two looks at `isStopping`.
  private static let patience = Duration.milliseconds(200)

  /// Serves until `isStopping`, then closes every connection.
  package mutating func run(until isStopping: () -> Bool) {
    while !isStopping() {
      let events = waitForEvents()
      let now = ContinuousClock.now
      for index in connections.indices {
        connections[index].work(events[index], now: now, respond: respond)
      }
      connections.removeAll { $0.isOver }
      if events.last != 0 { accept(now) }
    }
    for connection in connections { connection.close() }
    connections = []
  }

  /// The events of every connection, and of the listener at the end.
  private func waitForEvents() -> [Int16] {
    let now = ContinuousClock.now
    let isPaused = pausedUntil.map { now < $0 } ?? false
    var polled = connections.map { pollfd(fd: $0.descriptor, events: $0.interest, revents: 0) }
    polled.append(pollfd(fd: isPaused ? -1 : listener.descriptor, events: Int16(POLLIN), revents: 0))
    let wait = connections.reduce(Self.patience) { min($0, max(.zero, $1.deadline - now)) }
    // Rounded up: half a millisecond is not to be polled away.
    let milliseconds = Int32((wait / .milliseconds(1)).rounded(.up))
    guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else {
      return [Int16](repeating: 0, count: polled.count)
    }
    return polled.map(\.revents)
  }

  /// Lets in everybody who waits.
  private mutating func accept(_ now: ContinuousClock.Instant) {
    while true {
      let descriptor = systemAccept(listener.descriptor)
      guard descriptor >= 0 else {
        if errno == EMFILE || errno == ENFILE { pausedUntil = now + Self.patience }
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      guard connections.count < limits.allConnections, makeNonBlocking(descriptor) else {
        close(descriptor)
        continue
      }
      var connection = Connection(descriptor, limits: limits, now: now)
      if connections.count >= limits.connections {
        connection.refuse(HTTPFault(.serviceUnavailable, "too many connections; try again"), now)
      }
      connections.append(connection)
    }
  }
}

private func systemAccept(_ descriptor: Int32) -> Int32 {
  accept(descriptor, nil, nil)
}
