import Synchronization
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Handles SIGINT and SIGTERM: the first requests a stop, so that work can be saved; a second one exits at once.
final class Interruption: Sendable {
  private let received = Atomic<Int32>(0)

  /// Whether a signal was received.
  var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// The exit status after the received signal.
  var status: ExitStatus { received.load(ordering: .relaxed) == SIGTERM ? .terminated : .interrupted }

  private init() {}

  /// Starts a thread that waits for signals. Must be called before any other thread is started.
  static func install() -> Interruption {
    let interruption = Interruption()
    var signals = signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    _ = WorkerThread { interruption.watch() }
    return interruption
  }

  /// The handled signals, without those that are ignored: a shell makes background programs ignore SIGINT.
  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      let isKnown = sigaction(number, nil, &action) == 0
      if !isKnown || !action.isIgnored { sigaddset(&signals, number) }
    }
    return signals
  }

  private func watch() {
    var signals = Self.signals
    while true {
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { continue }
      if received.exchange(number, ordering: .relaxed) == 0 { continue }
      if Console.terminalWidth != nil { Console.draw(ProgressBar.eraser) }
      _exit(128 + number)
    }
  }
}

extension sigaction {
  /// Whether the signal is ignored.
  fileprivate var isIgnored: Bool {
    #if canImport(Darwin)
      let handler = __sigaction_u.__sa_handler
    #else
      let handler = __sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
