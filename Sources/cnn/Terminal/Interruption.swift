import FileIO
import Synchronization
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Handles SIGHUP, SIGINT and SIGTERM, but for those that are ignored at the start: nohup ignores SIGHUP, and a shell
/// SIGINT for programs in the background.
///
/// A signal ends the program, once temporary files and child processes are removed. After `install` the first one only
/// requests a stop, so that work can be saved; a second one ends the program.
final class Interruption: Sendable {
  private static let shared = Interruption()

  private let received = Atomic<Int32>(0)
  private let isInstalled = Atomic<Bool>(false)

  /// Whether a signal was received.
  var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// The exit status after the received signal.
  var status: ExitStatus {
    switch received.load(ordering: .relaxed) {
    case SIGHUP: .hungUp
    case SIGTERM: .terminated
    default: .interrupted
    }
  }

  private init() {}

  /// Makes the first signal a request to stop.
  static func install() -> Interruption {
    shared.isInstalled.store(true, ordering: .sequentiallyConsistent)
    return shared
  }

  /// Lets signals end the program again, and one that was received meanwhile.
  func uninstall() {
    isInstalled.store(false, ordering: .sequentiallyConsistent)
    let number = received.load(ordering: .sequentiallyConsistent)
    if number != 0 { Self.end(by: number) }
  }

  /// Starts a thread that waits for signals. Must be called before any other thread is started.
  ///
  /// Without the thread, if the system has none to give, signals end the program as they do by default.
  static func watch() {
    var (signals, before) = (signals, sigset_t())
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    if WorkerThread({ shared.waitForSignals() }) == nil { pthread_sigmask(SIG_SETMASK, &before, nil) }
  }

  /// Whether SIGHUP is ignored: the program goes on without its terminal.
  static var outlivesTerminal: Bool { isIgnored(SIGHUP) }

  /// The handled signals, without those that are ignored.
  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGHUP, SIGINT, SIGTERM] where !isIgnored(number) { sigaddset(&signals, number) }
    return signals
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    return sigaction(number, nil, &action) == 0 && action.isIgnored
  }

  private func waitForSignals() {
    var signals = Self.signals
    while true {
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { return }
      let isFirst = received.exchange(number, ordering: .sequentiallyConsistent) == 0
      if !isInstalled.load(ordering: .sequentiallyConsistent) { Self.end(by: number) }
      if isFirst { continue }
      ExitCleanup.exit {
        Self.eraseBar()
        _exit(128 + number)
      }
    }
  }

  /// Ends the program by a signal, so that a shell knows why: a script is stopped by Ctrl-C too.
  private static func end(by number: Int32) -> Never {
    ExitCleanup.exit {
      eraseBar()
      signal(number, SIG_DFL)
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, number)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      raise(number)
      _exit(128 + number)
    }
  }

  private static func eraseBar() {
    if Console.terminalWidth != nil { Console.draw(ProgressBar.eraser) }
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
