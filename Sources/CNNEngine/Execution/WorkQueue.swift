import CPlatform
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the threads of a pool share: the loop at hand, how many have joined it, and which tasks have been taken.
///
/// A loop ends when all who joined it have left; the last to leave opens the next one. So a thread that the system runs
/// late, because other programs need its core, finds its tasks done by the others instead of making them wait.
///
/// A training step has a loop every few microseconds, so threads spin for a short while before they sleep. On a busy
/// machine they sleep soon: only then does the system see an idle core, to which it can move a thread that has none.
final class WorkQueue: @unchecked Sendable {
  /// The `Phase` at hand.
  private let phase = Atomic<UInt64>(0)
  private let sleepers = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  /// The threads that take part, the caller of `run` included; helpers with higher numbers rest.
  private let active: Atomic<Int>
  private let slots: Int
  private let taken: UnsafeMutablePointer<TaskCounter>
  // What follows is written by one thread while no loop is open.
  private var loops: [ParallelLoop] = []
  private var isAlone = true
  private var current = 0
  private var tasks = TaskRange(0)
  /// How long the caller of `run` spins.
  private var spinning = Spinning()
  private var workers: AdaptiveWorkerCount
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let recall = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// A queue for `slots` threads, the caller of `run` included.
  init(slots: Int, workers: AdaptiveWorkerCount) {
    self.slots = slots
    active = Atomic(slots)
    self.workers = workers
    taken = .allocate(capacity: slots)
    for slot in 0..<slots { (taken + slot).initialize(to: TaskCounter()) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
    pthread_cond_init(recall, nil)
  }

  deinit {
    taken.deinitialize(count: slots)
    taken.deallocate()
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wakeUp)
    pthread_cond_destroy(recall)
    mutex.deallocate()
    wakeUp.deallocate()
    recall.deallocate()
  }

  /// Runs `loops` as worker 0, together with the helpers unless there are none, and releases them.
  func run(_ loops: [ParallelLoop], isAlone: Bool) {
    require(self.loops.isEmpty)
    (self.loops, self.isAlone, current) = (loops, isAlone || workers.count == 1, -1)
    let start = monotonic_nanoseconds()
    var joined = Phase(rawValue: phase.load(ordering: .relaxed))
    if openNextLoop(&joined, as: 0) { work(&joined, as: 0) }
    while join(&joined, as: 0, &spinning) { work(&joined, as: 0) }
    self.loops = []
    workers.finished(loops: loops.count, nanoseconds: monotonic_nanoseconds() - start)
    activate(workers.count)
  }

  /// Lets helpers rest, or calls them back.
  private func activate(_ count: Int) {
    guard count != active.load(ordering: .relaxed) else { return }
    pthread_mutex_lock(mutex)
    active.store(count, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(recall)
    pthread_mutex_unlock(mutex)
  }

  /// Ends the helpers.
  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    wakeSleepers()
    activate(slots)
  }

  /// The body of a helper thread.
  func serve(as worker: Int) {
    set_floating_point_mode(flushing_denormals(floating_point_mode()))
    var joined = Phase(rawValue: 0)
    var spinning = Spinning()
    while join(&joined, as: worker, &spinning) { work(&joined, as: worker) }
  }

  // MARK: Loops

  /// Takes part in the joined loop, and in those after it as long as this thread is the one that opens them.
  private func work(_ joined: inout Phase, as worker: Int) {
    repeat {
      takeTasks(as: worker)
      let left = phase.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
      if Phase(rawValue: left).isOpen { return }
    } while openNextLoop(&joined, as: worker)
  }

  /// Runs tasks of the current loop until none is left, and releases its body before the thread leaves it.
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

  /// Opens the loop after `phase` and joins it; loops of a single task are run right here. Returns false when all loops
  /// are done.
  private func openNextLoop(_ phase: inout Phase, as worker: Int) -> Bool {
    while true {
      current += 1
      guard current < loops.count else {
        publish(phase.done)
        return false
      }
      tasks = loops[current].tasks()
      if !isAlone, tasks.count > 1 { break }
      for task in 0..<tasks.count { loops[current].body(task, worker) }
    }
    for slot in 0..<slots { taken[slot].count.store(0, ordering: .relaxed) }
    phase = phase.nextLoop
    publish(phase)
    return true
  }

  private func publish(_ phase: Phase) {
    self.phase.store(phase.rawValue, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeSleepers() }
  }

  /// Waits for another loop than the one that was joined last and joins it; false when there will be none.
  private func join(_ joined: inout Phase, as worker: Int, _ spinning: inout Spinning) -> Bool {
    while true {
      var now = wait(after: joined, as: worker, &spinning)
      guard now.isOpen else { return false }
      while now.isOpen {
        let (exchanged, found) = phase.compareExchange(
          expected: now.rawValue, desired: now.rawValue + 1, ordering: .acquiringAndReleasing)
        if exchanged {
          joined = now
          return true
        }
        now = Phase(rawValue: found)
      }
    }
  }

  // MARK: Waiting

  /// Waits until a loop other than `joined` is open; a helper, until the queue stops, the caller, until all loops are done.
  private func wait(after joined: Phase, as worker: Int, _ spinning: inout Spinning) -> Phase {
    for _ in 0..<spinning.limit {
      let now = Phase(rawValue: phase.load(ordering: .acquiring))
      if isAwaited(now, after: joined, by: worker) {
        spinning.succeeded()
        return now
      }
      spin_pause()
    }
    spinning.failed()
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      let isActive = worker < active.load(ordering: .relaxed)
      // Whoever rests is not woken by the loops.
      if isActive { sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent) }
      let now = Phase(rawValue: phase.load(ordering: .sequentiallyConsistent))
      if isAwaited(now, after: joined, by: worker) { return now }
      pthread_cond_wait(isActive ? wakeUp : recall, mutex)
    }
  }

  private func isAwaited(_ now: Phase, after joined: Phase, by worker: Int) -> Bool {
    guard worker < active.load(ordering: .relaxed) else { return false }
    if now.isOpen { return now.loop != joined.loop }
    return worker > 0 ? stopping.load(ordering: .sequentiallyConsistent) : now.isDone
  }

  private func wakeSleepers() {
    pthread_mutex_lock(mutex)
    sleepers.store(0, ordering: .relaxed)
    pthread_cond_broadcast(wakeUp)
    pthread_mutex_unlock(mutex)
  }
}

/// The number of a loop and of the threads in it, in one word, so that nobody joins a loop that has just been closed.
///
/// Who opens a loop is in it, so it is open as long as it has threads.
private struct Phase {
  let rawValue: UInt64

  private static let doneFlag: UInt64 = 1 << 15
  private static let threads = doneFlag - 1

  var loop: UInt64 { rawValue >> 16 }
  var isOpen: Bool { rawValue & Self.threads > 0 }
  /// Whether all loops of a job are done.
  var isDone: Bool { rawValue & Self.doneFlag > 0 }

  /// The next loop with one thread.
  var nextLoop: Phase { Phase(rawValue: (loop + 1) << 16 | 1) }
  /// The end of a job.
  var done: Phase { Phase(rawValue: loop << 16 | Self.doneFlag) }
}

/// How long a thread spins before it sleeps: shorter after each time that was in vain.
private struct Spinning {
  /// Pauses before a thread sleeps.
  private(set) var limit = longest

  /// Some tens of microseconds, longer than the gap between two loops.
  private static let longest = 4000
  private static let shortest = 200

  mutating func succeeded() { limit = min(limit + limit / 8, Self.longest) }
  mutating func failed() { limit = max(limit / 2, Self.shortest) }
}

/// How many tasks of a worker's slice have been taken, padded to cache lines of its own.
private struct TaskCounter: ~Copyable {
  let count = Atomic<Int>(0)
  private let padding = InlineArray<15, Int>(repeating: 0)
}
