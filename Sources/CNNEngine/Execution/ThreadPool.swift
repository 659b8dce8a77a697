import CPlatform
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A threadPool of threads that works through phases of numbered items, and meets at the end of each.
///
/// A training step hands out work every few microseconds, so workers spin for a short while before they sleep.
/// Each takes the items of its own share first and then helps the others: who computes an item never changes what
/// is computed.
public final class ThreadPool: Sendable {
  /// The number of threads, the caller's own included.
  public let threads: Int
  private let queue: WorkQueue
  private let workers: [pthread_t]

  /// Starts `threads` - 1 threads; the caller is the last member of the threadPool.
  public init(threads: Int) {
    self.threads = max(1, threads)
    let queue = WorkQueue(slots: max(1, threads))
    self.queue = queue
    workers = (1..<max(1, threads)).compactMap { worker in Self.start(worker: worker, at: queue) }
  }

  deinit {
    queue.stop()
    for worker in workers { pthread_join(worker, nil) }
  }

  /// The cores this process may use.
  public static var availableCores: Int { Int(usable_core_count()) }

  /// Calls `body(item, worker)` once for every item, on all threads, and returns when all are done.
  public func run(items: Int, _ body: @escaping (_ item: Int, _ worker: Int) -> Void) {
    run([ParallelLoop(tasks: { TaskRange(items) }, body: body)])
  }

  /// Works through the phases in order, on all threads, and returns when all are done; allocates nothing.
  ///
  /// Not from within that work, nor from two threads at once.
  package func run(_ loops: [ParallelLoop]) {
    // The caller's own arithmetic, outside the engine, keeps its denormal numbers.
    let mode = floating_point_mode()
    set_floating_point_mode(flushing_denormals(mode))
    queue.work(through: loops, helpers: workers.count)
    set_floating_point_mode(mode)
  }

  private static func start(worker: Int, at queue: WorkQueue) -> pthread_t? {
    final class WorkerSlot {
      let worker: Int
      let queue: WorkQueue
      init(worker: Int, queue: WorkQueue) { (self.worker, self.queue) = (worker, queue) }
    }
    let slot = Unmanaged.passRetained(WorkerSlot(worker: worker, queue: queue))
    #if canImport(Darwin)
      var thread: pthread_t?
      let status = pthread_create(
        &thread, nil,
        { argument in
          let slot = Unmanaged<WorkerSlot>.fromOpaque(argument).takeRetainedValue()
          slot.queue.serve(as: slot.worker)
          return nil
        }, slot.toOpaque())
    #else
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let slot = Unmanaged<WorkerSlot>.fromOpaque(argument).takeRetainedValue()
          slot.queue.serve(as: slot.worker)
          return nil
        }, slot.toOpaque())
    #endif
    if status != 0 { slot.release() }
    return status == 0 ? thread : nil
  }
}

/// How many items of a worker's share are taken, in cache lines of its own.
private struct TaskCounter: ~Copyable {
  let count = Atomic<Int>(0)
  private let padding = InlineArray<15, Int>(repeating: 0)
}

/// The place where work is posted and taken.
private final class WorkQueue: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  /// Members of the threadPool that are still at work on the phase.
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
  private var items = TaskRange(0)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Pauses before a worker sleeps: some tens of microseconds, longer than the gap between two layers.
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

  /// Works through `phases` as worker 0, with the helpers, and keeps nothing of them.
  func work(through loops: [ParallelLoop], helpers: Int) {
    require(self.loops.isEmpty)
    (self.loops, members, current) = (loops, helpers + 1, -1)
    isDone.store(false, ordering: .relaxed)
    var seen = generation.load(ordering: .relaxed)
    advance(as: 0)
    while waitForPhase(after: seen) {
      seen &+= 1
      work(as: 0)
    }
    self.loops = []
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    announce()
  }

  func serve(as worker: Int) {
    set_floating_point_mode(flushing_denormals(floating_point_mode()))
    var seen = 0
    while true {
      sleepUntilPhase(after: seen)
      if stopping.load(ordering: .relaxed) { return }
      seen &+= 1
      work(as: worker)
    }
  }

  /// Takes part in the current phase; the last to come back goes on to the next one.
  private func work(as worker: Int) {
    takeItems(as: worker)
    if busy.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { advance(as: worker) }
  }

  /// Takes items of the current phase until none is left, and lets go of what works on them.
  @inline(never)
  private func takeItems(as worker: Int) {
    let (items, body) = (items, loops[current].body)
    for step in 0..<slots {
      let slot = (worker + step) % slots
      let slice = items.slice(of: slot, among: slots)
      // A look first: an addition takes the line from all others.
      guard taken[slot].count.load(ordering: .relaxed) < slice.count else { continue }
      while let item = slice[taken[slot].count.wrappingAdd(1, ordering: .relaxed).oldValue] {
        body(item, worker)
      }
    }
  }

  /// Posts the next phase, while everybody else waits for it; what needs no threadPool is done on the way.
  private func advance(as worker: Int) {
    while true {
      current += 1
      guard current < loops.count else { return isDone.store(true, ordering: .releasing) }
      items = loops[current].tasks()
      if members > 1, items.count > 1 { break }
      for item in 0..<items.count { loops[current].body(item, worker) }
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

  /// Waits for the next phase; false when there is none.
  private func waitForPhase(after seen: Int) -> Bool {
    var spins = 0
    while generation.load(ordering: .acquiring) == seen {
      if isDone.load(ordering: .acquiring) { return false }
      spins &+= 1
      if spins < Self.spins { spin_pause() } else { sched_yield() }
    }
    return true
  }

  private func sleepUntilPhase(after seen: Int) {
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
