#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A client connection: a state machine that reads requests and writes responses without blocking.
struct Connection {
  /// What becomes of a request.
  enum Reply {
    /// The response to send.
    case response(HTTPResponse)
    /// The response is being computed.
    case pending(ResponseWorker.Ticket)
  }

  /// The socket.
  let descriptor: Int32
  /// The time at which the current state began.
  private(set) var since: ContinuousClock.Instant
  /// The time at which the current state times out; nil while a response is computed.
  private(set) var deadline: ContinuousClock.Instant?
  /// Whether the socket has been closed.
  private(set) var isClosed = false
  private let limits: Server.Limits
  private var reader: RequestReader
  private var output: ArraySlice<UInt8> = []
  private var state = State.reading
  /// Whether the client sends nothing any more.
  private var isInputAtEnd = false

  private enum State {
    /// Waiting for a request, or for the rest of one.
    case reading
    /// The response to a request, without its body, is being computed; further requests wait.
    case waiting(ResponseWorker.Ticket, HTTPRequest, bodyBytes: Int)
    /// Sending a response, which may be the last one.
    case writing(isLast: Bool)
    /// Lingering close: input is discarded until the peer closes, so that the last response is not lost to a reset.
    case lingering
  }

  /// A connection on an accepted, non-blocking socket.
  init(_ descriptor: Int32, limits: Server.Limits, now: ContinuousClock.Instant) {
    (self.descriptor, self.limits, reader) = (descriptor, limits, RequestReader(limits))
    (since, deadline) = (now, now + limits.requestTimeout)
  }

  /// The events to poll for.
  var pollEvents: Int16 {
    switch state {
    case .writing: Int16(POLLOUT)
    case .waiting where isInputAtEnd || reader.count > limits.headBytes: 0
    case .reading, .waiting, .lingering: Int16(POLLIN)
    }
  }

  /// The response that is being computed.
  var ticket: ResponseWorker.Ticket? {
    if case .waiting(let ticket, _, _) = state { ticket } else { nil }
  }

  /// Whether the client has gone, or has closed its side, before it got the response that is being computed.
  var hasLeft: Bool { ticket != nil && (isClosed || isInputAtEnd) }

  /// The bytes of requests that are in memory.
  var heldBytes: Int {
    if case .waiting(_, _, let bodyBytes) = state { reader.count + bodyBytes } else { reader.count }
  }

  /// Which connections give way first: those with the lowest number.
  var givingWay: Int {
    switch state {
    case .lingering: 0
    case .reading: reader.isEmpty ? 1 : 2
    case .writing: 3
    case .waiting: 4
    }
  }

  /// Handles `events` of `poll`, zero for none, and the deadline.
  mutating func handle(
    _ events: Int16, now: ContinuousClock.Instant, begin: (HTTPRequest) -> Reply
  ) {
    if events != 0 {
      switch state {
      case .reading: read(now)
      case .waiting: readAhead(isReset: events & Int16(POLLERR | POLLHUP) != 0)
      case .writing: write(now)
      case .lingering: discardInput()
      }
      answerRequests(now, begin)
    }
    guard !isClosed, let deadline, now >= deadline else { return }
    if case .reading = state, !reader.isEmpty { reject(Self.timeout, now) } else { end() }
  }

  /// Sends the response that has been computed, and answers the requests behind it.
  mutating func finish(
    _ response: HTTPResponse, now: ContinuousClock.Instant, begin: (HTTPRequest) -> Reply
  ) {
    guard case .waiting(_, let request, _) = state else { return }
    send(response, to: request, now)
    answerRequests(now, begin)
  }

  /// Sends an error response and closes the connection.
  mutating func reject(_ error: HTTPError, _ now: ContinuousClock.Instant) {
    reader = RequestReader(limits)
    send(HTTPResponse(error).encoded(keepsConnection: false), isLast: true, now)
  }

  /// Closes the connection for a new one; half a request is answered as far as that can be done at once.
  mutating func giveWay() {
    if case .reading = state, !reader.isEmpty {
      let response = HTTPResponse(Self.timeout).encoded(keepsConnection: false)
      _ = response.withUnsafeBytes { systemSend(descriptor, $0) }
    }
    end()
  }

  /// Closes the socket.
  mutating func end() {
    if !isClosed { closeSocket(descriptor) }
    isClosed = true
  }

  private static let timeout = HTTPError(.requestTimeout, "the request was not complete in time")

  private mutating func enter(
    _ state: State, for duration: Duration?, _ now: ContinuousClock.Instant
  ) {
    (self.state, since, deadline) = (state, now, duration.map { now + $0 })
  }

  // MARK: Reading

  private mutating func read(_ now: ContinuousClock.Instant) {
    let isFirst = reader.isEmpty
    guard let bytes = receive() else { return }
    if bytes.isEmpty { return end() }
    reader.append(bytes)
    if isFirst { enter(.reading, for: limits.requestTimeout, now) }
    deadline = deadline.map { $0 + .seconds(Double(bytes.count) / Double(limits.bytesPerSecond)) }
  }

  /// Reads the next requests while a response is computed, which also shows whether the client is still there.
  private mutating func readAhead(isReset: Bool) {
    guard !isReset else { return end() }
    guard let bytes = receive() else { return }
    isInputAtEnd = bytes.isEmpty
    reader.append(bytes)
  }

  /// Answers the requests that have been received, one after the other, until a response takes time.
  private mutating func answerRequests(
    _ now: ContinuousClock.Instant, _ begin: (HTTPRequest) -> Reply
  ) {
    while !isClosed, case .reading = state {
      do {
        if var request = try reader.next() {
          switch begin(request) {
          case .response(let response): send(response, to: request, now)
          case .pending(let ticket):
            let bodyBytes = request.body.count
            request.body = []
            enter(.waiting(ticket, request, bodyBytes: bodyBytes), for: nil, now)
          }
        } else if reader.expectsContinue {
          send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), isLast: false, now)
        } else {
          return
        }
      } catch {
        reject(error, now)
      }
    }
  }

  /// The received bytes, empty at the end of the stream; nil where there are none or the connection has failed.
  private mutating func receive() -> [UInt8]? {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      result = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      count = max(0, result)
    }
    if result >= 0 { return bytes }
    endUnlessRetryable()
    return nil
  }

  /// Closes the connection after a failed call, unless `errno` says to try again.
  private mutating func endUnlessRetryable() {
    if errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR { end() }
  }

  private mutating func discardInput() {
    if receive()?.isEmpty == true { end() }
  }

  // MARK: Writing

  private mutating func send(
    _ response: HTTPResponse, to request: HTTPRequest, _ now: ContinuousClock.Instant
  ) {
    let bytes = response.encoded(
      keepsConnection: request.keepsConnection, isHead: request.method == "HEAD")
    send(bytes, isLast: !request.keepsConnection, now)
  }

  private mutating func send(_ bytes: [UInt8], isLast: Bool, _ now: ContinuousClock.Instant) {
    output = bytes[...]
    enter(.writing(isLast: isLast), for: limits.requestTimeout, now)
    write(now)
  }

  private mutating func write(_ now: ContinuousClock.Instant) {
    let count = output.withUnsafeBytes { systemSend(descriptor, $0) }
    guard count >= 0 else { return endUnlessRetryable() }
    output = output.dropFirst(count)
    guard output.isEmpty, case .writing(let isLast) = state else { return }
    output = []
    if isLast {
      shutdown(descriptor, Int32(SHUT_WR))
      reader = RequestReader(limits)
      enter(.lingering, for: limits.lingerTimeout, now)
    } else {
      enter(.reading, for: reader.isEmpty ? limits.idleTimeout : limits.requestTimeout, now)
    }
  }
}

private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  #if canImport(Darwin)
    send(descriptor, bytes.baseAddress, bytes.count, 0)
  #else
    send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
  #endif
}

private func closeSocket(_ descriptor: Int32) { close(descriptor) }
