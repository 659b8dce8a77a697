import Foundation
import HTTPServer
import Synchronization
import TestSupport

/// A server in this process: `GET` is answered with its path, `POST` with its body as soon as it is released.
final class RunningServer: Sendable {
  /// What the threads share.
  private final class State: Sendable {
    let port = Mutex<Int?>(nil)
    let isStopping = Atomic(false)
    let started = DispatchSemaphore(value: 0)
    let released = DispatchSemaphore(value: 0)
    let stopped = DispatchSemaphore(value: 0)
    let begun = Mutex<[String]>([])
  }

  let port: Int
  private let state = State()

  /// Starts a server with the default limits, but for those that `set` changes.
  init(_ set: @escaping @Sendable (inout Server.Limits) -> Void = { _ in }) throws {
    let state = state
    Thread.detachNewThread {
      var limits = Server.Limits()
      set(&limits)
      try? Self.serve(state, limits)
      state.started.signal()
      state.stopped.signal()
    }
    state.started.wait()
    guard let port = state.port.withLock({ $0 }) else { throw POSIXError(.EADDRNOTAVAIL) }
    self.port = port
  }

  private static func serve(_ state: State, _ limits: Server.Limits) throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let port = listener.port
    var server = try Server(listener, limits: limits) { request in
      if request.method == "GET" { return .now(HTTPResponse(Array(request.path.utf8), type: "text/plain")) }
      return .later { [body = request.body] in
        state.begun.withLock { $0.append(String(decoding: body, as: UTF8.self)) }
        state.released.wait()
        return HTTPResponse(body, type: "text/plain")
      }
    }
    state.port.withLock { $0 = port }
    state.started.signal()
    server.run { state.isStopping.load(ordering: .relaxed) }
  }

  /// The bodies whose responses have been begun.
  var begun: [String] { state.begun.withLock { $0 } }

  /// Lets `count` responses to `POST` be computed.
  func release(_ count: Int = 1) { for _ in 0..<count { state.released.signal() } }

  /// Stops the server; whether it ended within `seconds`.
  func stop(within seconds: Double = 10) -> Bool {
    state.isStopping.store(true, ordering: .relaxed)
    return state.stopped.wait(timeout: .now() + seconds) == .success
  }

  deinit {
    state.isStopping.store(true, ordering: .relaxed)
    release(100)
  }

  /// A new connection that has sent `text`.
  func connect(_ text: String = "") throws -> RawConnection {
    let connection = try RawConnection(port: port)
    connection.send(text)
    return connection
  }

  /// The body of the response to `GET` on a new connection.
  func get(_ path: String) throws -> String? { try connect(Self.get(path)).body() }

  /// A request for `path`.
  static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

  /// A request whose response takes until it is released, or its beginning for a shorter `body`.
  static func post(_ body: String, length: Int? = nil) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)"
  }
}

extension RawConnection {
  /// The body of the next response; nil if the connection ends before, `503` for an error of that status.
  func body() -> String? {
    response().map { $0.status == 200 ? String(decoding: $0.body, as: UTF8.self) : "\($0.status)" }
  }
}
