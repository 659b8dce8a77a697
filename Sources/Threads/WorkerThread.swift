#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A thread with a stack of its own size: the size of the main thread's, `ulimit -s`, may be too small.
package struct WorkerThread: @unchecked Sendable {
  private let thread: pthread_t

  /// The size of a stack in bytes.
  private static let stackSize = 2 << 20

  /// Starts a thread that runs `body`; nil if there cannot be another one.
  package init?(_ body: @escaping @Sendable () -> Void) {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return nil }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_setstacksize(&attributes, Self.stackSize) == 0 else { return nil }
    let work = Unmanaged.passRetained(Work(body))
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        let argument: UnsafeMutableRawPointer? = argument
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    let started: pthread_t? = thread
    guard status == 0, let started else {
      if status != 0 { work.release() }
      return nil
    }
    self.thread = started
  }

  /// Waits until the thread has ended; called once, or never for one that does not end.
  package func join() { pthread_join(thread, nil) }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
