import CPlatform
import Threads

/// A pool of threads that runs parallel loops one after the other.
///
/// Each thread runs the tasks of its own slice first and then takes over tasks of others; which of them runs a task never
/// changes a result. A thread that the system does not run holds up no loop that it has not joined.
public final class ThreadPool: Sendable {
  /// The threads that could be started, the caller's own included.
  public let threads: Int
  private let queue: WorkQueue
  private let workers: [WorkerThread]

  /// Starts up to `threads` - 1 threads; the caller of `run` is worker 0.
  public convenience init(threads: Int = availableCores) {
    let threads = max(1, threads)
    self.init(threads: threads, workers: AdaptiveWorkerCount(threads: threads, cores: Self.availableCores))
  }

  /// Starts up to `threads` - 1 threads, of which as many take part as `workers` finds to be the fastest.
  package init(threads: Int, workers: AdaptiveWorkerCount) {
    let queue = WorkQueue(slots: threads, workers: workers)
    self.queue = queue
    var helpers: [WorkerThread] = []
    while helpers.count + 1 < threads {
      let number = helpers.count + 1
      guard let helper = WorkerThread({ queue.serve(as: number) }) else { break }
      helpers.append(helper)
    }
    self.workers = helpers
    self.threads = helpers.count + 1
  }

  deinit {
    queue.stop()
    for worker in workers { worker.join() }
  }

  /// The cores that this process may use.
  public static var availableCores: Int { Int(usable_core_count()) }

  /// Calls `body(task, worker)` once for every task, on all threads, and returns when all are done.
  public func run(tasks: Int, _ body: @escaping (_ task: Int, _ worker: Int) -> Void) {
    run([ParallelLoop(count: tasks, body: body)])
  }

  /// Runs the loops in order, on all threads, and returns when all are done; allocates nothing.
  ///
  /// Must not be called from a loop's body, nor from two threads at once.
  package func run(_ loops: [ParallelLoop]) {
    // Denormals are flushed within the loops only: the caller's own arithmetic keeps them.
    let mode = floating_point_mode()
    set_floating_point_mode(flushing_denormals(mode))
    queue.run(loops, isAlone: workers.isEmpty)
    set_floating_point_mode(mode)
  }
}
