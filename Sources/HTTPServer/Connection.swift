#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One connection: it reads a request, sends the answer, and reads the next one.
struct Connection {
  let descriptor: Int32
  /// When the patience with what it does now ends.
  private(set) var deadline: ContinuousClock.Instant
  /// Whether it has been closed.
  private(set) var isOver = false
  private let limits: Server.Limits
  private var reader: RequestReader
  private var output: ArraySlice<UInt8> = []
  private var state = State.reading

  private enum State {
    case reading
    /// An answer is on its way; afterwards the connection is used again, or not.
    case writing(isLast: Bool)
    /// All is said: what still comes in is thrown away.
    case lingering
  }

  init(_ descriptor: Int32, limits: Server.Limits, now: ContinuousClock.Instant) {
    (self.descriptor, self.limits, reader) = (descriptor, limits, RequestReader(limits))
    deadline = now + limits.requestTime
  }

  /// The events to wait for.
  var interest: Int16 { output.isEmpty ? Int16(POLLIN) : Int16(POLLOUT) }

  /// Goes on after `events`, or after none.
  mutating func work(
    _ events: Int16, now: ContinuousClock.Instant, respond: (HTTPRequest) -> HTTPResponse
  ) {
    if events != 0 {
      switch state {
      case .reading: read(now)
      case .writing: write(now)
      case .lingering: discard()
      }
      // Several requests may have come in at once.
      while !isOver, case .reading = state, let answer = answer(respond) {
        send(answer.bytes, isLast: answer.isLast, now)
      }
    }
    guard !isOver, now >= deadline else { return }
    if case .reading = state, !reader.isEmpty {
      refuse(HTTPFault(.requestTimeout, "the request did not come in whole in time"), now)
    } else {
      end()
    }
  }

  /// Says why nothing more is read from here.
  mutating func refuse(_ fault: HTTPFault, _ now: ContinuousClock.Instant) {
    send(HTTPResponse(fault).encoded(keepsConnection: false), isLast: true, now)
  }

  /// Closes the socket.
  func close() { closeSocket(descriptor) }

  private mutating func end() {
    close()
    isOver = true
  }

  // MARK: Reading

  private mutating func read(_ now: ContinuousClock.Instant) {
    let isFirst = reader.isEmpty
    guard let bytes = receive() else { return }
    if bytes.isEmpty { return end() }
    reader.append(bytes)
    if isFirst { deadline = now + limits.requestTime }
  }

  /// What to say to the bytes that have come in; nil while more have to come.
  private mutating func answer(_ respond: (HTTPRequest) -> HTTPResponse) -> (bytes: [UInt8], isLast: Bool)? {
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

  /// What has come, empty at the end of it; nil where nothing has, or where the connection broke and is closed now.
  private mutating func receive() -> [UInt8]? {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      result = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      count = max(0, result)
    }
    if result >= 0 { return bytes }
    endIfBroken()
    return nil
  }

  /// After a call that failed: it may only have had to wait.
  private mutating func endIfBroken() {
    if errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR { end() }
  }

  private mutating func discard() {
    if receive()?.isEmpty == true { end() }
  }

  // MARK: Writing

  private mutating func send(_ bytes: [UInt8], isLast: Bool, _ now: ContinuousClock.Instant) {
    output = bytes[...]
    state = .writing(isLast: isLast)
    deadline = now + limits.requestTime
    write(now)
  }

  private mutating func write(_ now: ContinuousClock.Instant) {
    let count = output.withUnsafeBytes { systemSend(descriptor, $0) }
    guard count >= 0 else { return endIfBroken() }
    output = output.dropFirst(count)
    guard output.isEmpty, case .writing(let isLast) = state else { return }
    output = []
    if isLast {
      shutdown(descriptor, Int32(SHUT_WR))
      state = .lingering
      deadline = now + limits.lingerTime
    } else {
      state = .reading
      deadline = now + (reader.isEmpty ? limits.idleTime : limits.requestTime)
    }
  }
}

private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(descriptor, bytes.baseAddress, bytes.count, 0)
}

private func closeSocket(_ descriptor: Int32) { close(descriptor) }
