import CPlatform
import Synchronization
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A pool of threads that runs parallel loops, with a barrier at the end of each.
///
/// A training step has a loop every few microseconds, so workers spin for a short while before they sleep. Each runs the
/// tasks of its own slice first and then takes over tasks of others; which worker runs a task never changes a result.
public final class ThreadPool: Sendable {
  /// The number of threads, the caller's own included.
  public let threads: Int
  private let queue: WorkQueue
  private let workers: [WorkerThread]

  /// Starts `threads` - 1 threads; the caller of `run` is worker 0.
  public init(threads: Int = availableCores) {
    self.threads = max(1, threads)
    let queue = WorkQueue(slots: max(1, threads))
    self.queue = queue
    workers = (1..<max(1, threads)).compactMap { worker in WorkerThread { queue.serve(as: worker) } }
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
    queue.run(loops, helpers: workers.count)
    set_floating_point_mode(mode)
  }
}

/// How many tasks of a worker's slice have been taken, padded to cache lines of its own.
private struct TaskCounter: ~Copyable {
  let count = Atomic<Int>(0)
  private let padding = InlineArray<15, Int>(repeating: 0)
}

/// The state that the workers share: the loop at hand and the tasks that have been taken.
private final class WorkQueue: @unchecked Sendable {
  /// Counts loops; a change wakes the workers.
  private let generation = Atomic<Int>(0)
  /// Workers that are still busy with the loop.
  private let busy = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isDone = Atomic<Bool>(false)
  private let stopping = Atomic<Bool>(false)
  private let slots: Int
  private let taken: UnsafeMutablePointer<TaskCounter>
  // What follows is written by one thread while all others wait.
  private var loops: [ParallelLoop] = []
  private var members = 1
  private var current = 0
  private var tasks = TaskRange(0)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Pauses before a worker sleeps: some tens of microseconds, longer than the gap between two operations.
  private static let spins = 4000

  init(slots: Int) {
    self.slots = slots
    taken = .allocate(capacity: slots)
    for slot in 0..<slots { (taken + slot).initialize(to: TaskCounter()) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  deinit {
    taken.deinitialize(count: slots)
    taken.deallocate()
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wakeUp)
    mutex.deallocate()
    wakeUp.deallocate()
  }

  /// Runs `loops` as worker 0 together with the helpers, and releases them.
  func run(_ loops: [ParallelLoop], helpers: Int) {
    require(self.loops.isEmpty)
    (self.loops, members, current) = (loops, helpers + 1, -1)
    isDone.store(false, ordering: .relaxed)
    var seen = generation.load(ordering: .relaxed)
    advance(as: 0)
    while waitForLoop(after: seen) {
      seen &+= 1
      work(as: 0)
    }
    self.loops = []
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    announce()
  }

  /// The body of a helper thread.
  func serve(as worker: Int) {
    set_floating_point_mode(flushing_denormals(floating_point_mode()))
    var seen = 0
    while true {
      sleepUntilLoop(after: seen)
      if stopping.load(ordering: .relaxed) { return }
      seen &+= 1
      work(as: worker)
    }
  }

  /// Takes part in the current loop; the last worker to finish starts the next one.
  private func work(as worker: Int) {
    takeTasks(as: worker)
    if busy.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { advance(as: worker) }
  }

  /// Runs tasks of the current loop until none is left, and releases its body before reporting back.
  @inline(never)
  private func takeTasks(as worker: Int) {
    let (tasks, body) = (tasks, loops[current].body)
    for step in 0..<slots {
      let slot = (worker + step) % slots
      let slice = tasks.slice(of: slot, among: slots)
      // A load first: an addition would take the cache line from all other workers.
      guard taken[slot].count.load(ordering: .relaxed) < slice.count else { continue }
      while let task = slice[taken[slot].count.wrappingAdd(1, ordering: .relaxed).oldValue] {
        body(task, worker)
      }
    }
  }

  /// Starts the next loop while all others wait for it; loops of a single task are run right here.
  private func advance(as worker: Int) {
    while true {
      current += 1
      guard current < loops.count else { return isDone.store(true, ordering: .releasing) }
      tasks = loops[current].tasks()
      if members > 1, tasks.count > 1 { break }
      for task in 0..<tasks.count { loops[current].body(task, worker) }
    }
    for slot in 0..<slots { taken[slot].count.store(0, ordering: .relaxed) }
    busy.store(members, ordering: .relaxed)
    announce()
  }

  private func announce() {
    generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(wakeUp)
      pthread_mutex_unlock(mutex)
    }
  }

  /// Waits for the next loop; false when there is none.
  private func waitForLoop(after seen: Int) -> Bool {
    var spins = 0
    while generation.load(ordering: .acquiring) == seen {
      if isDone.load(ordering: .acquiring) { return false }
      spins &+= 1
      if spins < Self.spins { spin_pause() } else { sched_yield() }
    }
    return true
  }

  private func sleepUntilLoop(after seen: Int) {
    for _ in 0..<Self.spins {
      if generation.load(ordering: .acquiring) != seen { return }
      spin_pause()
    }
    pthread_mutex_lock(mutex)
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(wakeUp, mutex) }
    sleepers.wrappingSubtract(1, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }
}
