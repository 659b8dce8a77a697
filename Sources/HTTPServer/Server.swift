import Formatting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An HTTP/1.1 server: an event loop over non-blocking connections, and a thread for responses that take time.
package struct Server: ~Copyable {
  private let listener: Listener
  private let limits: Limits
  private let worker: ResponseWorker
  private let begin: (HTTPRequest) -> Connection.Reply
  private var connections: [Connection] = []
  /// No connections are accepted before this time: the process ran out of file descriptors.
  private var acceptPausedUntil: ContinuousClock.Instant?

  /// A server on `listener` that calls `answer` for every request.
  ///
  /// - Throws: `ListenerError` for a process without free descriptors or threads.
  package init(
    _ listener: consuming Listener, limits: Limits, answer: @escaping (HTTPRequest) -> Answer
  ) throws(ListenerError) {
    let worker = try ResponseWorker(limit: limits.maxPending)
    self.listener = listener
    (self.limits, self.worker) = (limits, worker)
    begin = { request in
      switch answer(request) {
      case .now(let response): return .response(response)
      case .later(let respond):
        if let ticket = worker.submit(respond) { return .pending(ticket) }
        let error = HTTPError(.serviceUnavailable, "too many predictions at a time; try again")
        return .response(HTTPResponse(error))
      }
    }
  }

  deinit { worker.stop() }

  /// The maximum time between two calls of `isStopping`.
  private static let pollInterval = Duration.milliseconds(200)

  /// Serves until `isStopping` returns true, then closes all connections; a response that is being computed is dropped.
  package mutating func run(until isStopping: () -> Bool) {
    while !isStopping() {
      let events = waitForEvents()
      let now = ContinuousClock.now
      for (ticket, response) in worker.takeResponses() {
        guard let index = connections.firstIndex(where: { $0.ticket == ticket }) else { continue }
        connections[index].finish(response, now: now, begin: begin)
      }
      for index in connections.indices {
        connections[index].handle(events[index], now: now, begin: begin)
        cancelIfLeft(index)
      }
      connections.removeAll { $0.isClosed }
      keepWithinBudget(now)
      if events.last != 0 { accept(now) }
    }
    for index in connections.indices { connections[index].end() }
    connections = []
  }

  /// Polls; returns the events of every connection, and those of the listener last.
  private func waitForEvents() -> [Int16] {
    let now = ContinuousClock.now
    let isPaused = acceptPausedUntil.map { now < $0 } ?? false
    let canAccept = !isPaused && (hasRoom || connections.contains { $0.ticket == nil })
    var polled = connections.map { pollfd(fd: $0.descriptor, events: $0.pollEvents, revents: 0) }
    polled.append(pollfd(fd: worker.descriptor, events: Int16(POLLIN), revents: 0))
    polled.append(pollfd(fd: canAccept ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0))
    let wait = connections.compactMap(\.deadline).reduce(Self.pollInterval) { min($0, max(.zero, $1 - now)) }
    // Rounded up, since a timeout of 0 would make a busy loop of the last millisecond.
    let milliseconds = Int32(clamping: (wait / .milliseconds(1)).rounded(.up))
    guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else {
      return [Int16](repeating: 0, count: polled.count)
    }
    return polled.map(\.revents)
  }

  // MARK: Overload

  private var hasRoom: Bool { connections.count < limits.maxConnections }

  /// Takes the response that a client has left without out of the queue, and ends the connection.
  private mutating func cancelIfLeft(_ index: Int) {
    guard connections[index].hasLeft, let ticket = connections[index].ticket else { return }
    if worker.cancel(ticket) { connections[index].end() }
  }

  /// Rejects requests, the largest first, until what all of them hold is within the limit.
  private mutating func keepWithinBudget(_ now: ContinuousClock.Instant) {
    var held = connections.reduce(0) { $0 + $1.heldBytes }
    guard held > limits.totalBytes else { return }
    let error = HTTPError(.serviceUnavailable, "too many large requests at a time; try again")
    let largestFirst = connections.indices.sorted { connections[$0].heldBytes > connections[$1].heldBytes }
    for index in largestFirst where held > limits.totalBytes {
      if let ticket = connections[index].ticket, !worker.cancel(ticket) { continue }
      held -= connections[index].heldBytes
      connections[index].reject(error, now)
    }
  }

  /// The connection that gives way to a new one: none that waits for a response, and none that has not been
  /// polled yet, whose request may have arrived already.
  private func nextToGiveWay(_ now: ContinuousClock.Instant) -> Int? {
    connections.indices
      .filter { connections[$0].ticket == nil && connections[$0].since < now }
      .min {
        let (first, second) = (connections[$0], connections[$1])
        return (first.givingWay, first.since) < (second.givingWay, second.since)
      }
  }

  /// Accepts a pending connection; further ones wait for the next round.
  private mutating func accept(_ now: ContinuousClock.Instant) {
    let candidate = nextToGiveWay(now)
    guard hasRoom || candidate != nil else { return }
    let descriptor = systemAccept(listener.descriptor)
    let isExhausted = descriptor < 0 && (errno == EMFILE || errno == ENFILE)
    if let candidate, isExhausted || descriptor >= 0 && !hasRoom {
      connections[candidate].giveWay()
      connections.remove(at: candidate)
    } else if isExhausted {
      acceptPausedUntil = now + Self.pollInterval
    }
    guard descriptor >= 0 else { return }
    if makeNonBlocking(descriptor) {
      connections.append(Connection(descriptor, limits: limits, now: now))
    } else {
      close(descriptor)
    }
  }
}

private func systemAccept(_ descriptor: Int32) -> Int32 {
  accept(descriptor, nil, nil)
}
