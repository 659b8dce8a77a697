#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A client connection: a state machine that reads requests and writes responses without blocking.
struct Connection {
  /// The socket.
  let descriptor: Int32
  /// The time at which the current state times out.
  private(set) var deadline: ContinuousClock.Instant
  /// Whether the socket has been closed.
  private(set) var isClosed = false
  private let limits: Server.Limits
  private var reader: RequestReader
  private var output: ArraySlice<UInt8> = []
  private var state = State.reading

  private enum State {
    /// Waiting for a request, or for the rest of one.
    case reading
    /// Sending a response, which may be the last one.
    case writing(isLast: Bool)
    /// Lingering close: input is discarded until the peer closes, so that the last response is not lost to a reset.
    case lingering
  }

  /// A connection on an accepted, non-blocking socket.
  init(_ descriptor: Int32, limits: Server.Limits, now: ContinuousClock.Instant) {
    (self.descriptor, self.limits, reader) = (descriptor, limits, RequestReader(limits))
    deadline = now + limits.requestTimeout
  }

  /// The events to poll for.
  var pollEvents: Int16 { output.isEmpty ? Int16(POLLIN) : Int16(POLLOUT) }

  /// Handles `events` of `poll`, zero for none, and the deadline.
  mutating func handle(
    _ events: Int16, now: ContinuousClock.Instant, respond: (HTTPRequest) -> HTTPResponse
  ) {
    if events != 0 {
      switch state {
      case .reading: read(now)
      case .writing: write(now)
      case .lingering: discardInput()
      }
      // Pipelined requests arrive together.
      while !isClosed, case .reading = state, let response = nextResponse(respond) {
        send(response.bytes, isLast: response.isLast, now)
      }
    }
    guard !isClosed, now >= deadline else { return }
    if case .reading = state, !reader.isEmpty {
      reject(HTTPError(.requestTimeout, "the request was not complete in time"), now)
    } else {
      end()
    }
  }

  /// Sends an error response and closes the connection.
  mutating func reject(_ error: HTTPError, _ now: ContinuousClock.Instant) {
    send(HTTPResponse(error).encoded(keepsConnection: false), isLast: true, now)
  }

  /// Closes the socket.
  func close() { closeSocket(descriptor) }

  private mutating func end() {
    close()
    isClosed = true
  }

  // MARK: Reading

  private mutating func read(_ now: ContinuousClock.Instant) {
    let isFirst = reader.isEmpty
    guard let bytes = receive() else { return }
    if bytes.isEmpty { return end() }
    reader.append(bytes)
    if isFirst { deadline = now + limits.requestTimeout }
  }

  /// The response to the next request that has been received; nil while the request is incomplete.
  private mutating func nextResponse(_ respond: (HTTPRequest) -> HTTPResponse) -> (
    bytes: [UInt8], isLast: Bool
  )? {
    do {
      if let request = try reader.next() {
        let keepsConnection = request.keepsConnection
        let response = respond(request)
        let isHead = request.method == "HEAD"
        return (response.encoded(keepsConnection: keepsConnection, isHead: isHead), !keepsConnection)
      }
      return reader.expectsContinue ? (Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), false) : nil
    } catch {
      return (HTTPResponse(error).encoded(keepsConnection: false), true)
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

  private mutating func send(_ bytes: [UInt8], isLast: Bool, _ now: ContinuousClock.Instant) {
    output = bytes[...]
    state = .writing(isLast: isLast)
    deadline = now + limits.requestTimeout
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
      state = .lingering
      deadline = now + limits.lingerTimeout
    } else {
      state = .reading
      deadline = now + (reader.isEmpty ? limits.idleTimeout : limits.requestTimeout)
    }
  }
}

private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(descriptor, bytes.baseAddress, bytes.count, 0)
}

private func closeSocket(_ descriptor: Int32) { close(descriptor) }
