import Synchronization
import Threads

/// A thread beside the event loop that computes responses one after the other.
final class ResponseWorker: Sendable {
  /// Names a response that is being waited for.
  typealias Ticket = Int

  private struct State {
    /// The responses to compute; the thread is at the first.
    var queue: [(ticket: Ticket, respond: @Sendable () -> HTTPResponse)] = []
    var responses: [(ticket: Ticket, response: HTTPResponse)] = []
    var lastTicket = 0
    var isStopping = false
  }

  private let state = Mutex(State())
  private let limit: Int
  private let submitted: WakeupPipe
  private let computed: WakeupPipe

  /// Starts the thread, for at most `limit` responses at a time.
  ///
  /// - Throws: `ListenerError` for a process without free descriptors or threads.
  init(limit: Int) throws(ListenerError) {
    self.limit = limit
    submitted = try WakeupPipe()
    computed = try WakeupPipe()
    guard WorkerThread({ [self] in run() }) != nil else {
      throw .noWorker(reason: "there can be no more threads")
    }
  }

  /// A descriptor that is readable when responses have been computed.
  var descriptor: Int32 { computed.reading }

  /// Queues a response; nil if as many as allowed are being waited for.
  func submit(_ respond: @escaping @Sendable () -> HTTPResponse) -> Ticket? {
    let ticket: Ticket? = state.withLock { state in
      guard state.queue.count < limit else { return nil }
      state.lastTicket += 1
      state.queue.append((state.lastTicket, respond))
      return state.lastTicket
    }
    if ticket != nil { submitted.signal() }
    return ticket
  }

  /// Takes a response out of the queue; false if it is being computed, or has been.
  func cancel(_ ticket: Ticket) -> Bool {
    state.withLock { state in
      guard let index = state.queue.dropFirst().firstIndex(where: { $0.ticket == ticket }) else {
        return false
      }
      state.queue.remove(at: index)
      return true
    }
  }

  /// The responses that have been computed since the last call.
  func takeResponses() -> [(ticket: Ticket, response: HTTPResponse)] {
    computed.drain()
    return state.withLock { state in
      defer { state.responses = [] }
      return state.responses
    }
  }

  /// Ends the thread after the response that it is computing, which nobody waits for.
  func stop() {
    state.withLock { $0.isStopping = true }
    submitted.signal()
  }

  /// The body of the thread.
  private func run() {
    while !state.withLock({ $0.isStopping }) {
      guard let next = state.withLock({ $0.queue.first }) else {
        submitted.wait()
        continue
      }
      let response = next.respond()
      state.withLock { state in
        state.queue.removeFirst()
        state.responses.append((next.ticket, response))
      }
      computed.signal()
    }
  }
}
