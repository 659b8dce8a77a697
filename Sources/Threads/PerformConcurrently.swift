import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Calls `body` once with every number below `count`, on all cores, and returns when all are done.
///
/// The caller takes part, so that it does everything where no thread can be started. (libdispatch ends the program where
/// it gets no descriptors.)
package func performConcurrently(_ count: Int, _ body: @Sendable (_ task: Int) -> Void) {
  let cores = min(max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), 64)
  withoutActuallyEscaping(body) { body in
    let tasks = Tasks(count, body)
    let helpers = (1..<max(1, min(count, cores))).compactMap { _ in WorkerThread { tasks.run() } }
    tasks.run()
    for helper in helpers { helper.join() }
  }
}

/// Tasks that several threads take one after another.
private final class Tasks: Sendable {
  private let next = Atomic<Int>(0)
  private let count: Int
  private let body: @Sendable (Int) -> Void

  init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) { (self.count, self.body) = (count, body) }

  /// Runs tasks until none is left.
  func run() {
    while true {
      let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard task < count else { return }
      body(task)
    }
  }
}
