import CPlatform
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A team of threads that works through phases of numbered items, and meets at the end of each.
///
/// A training step hands out work every few microseconds, so workers spin for a short while before they sleep.
/// Each takes the items of its own share first and then helps the others: who computes an item never changes what
/// is computed.
public final class WorkerTeam: Sendable {
  /// The number of threads, the caller's own included.
  public let threads: Int
  private let desk: Desk
  private let workers: [pthread_t]

  /// Starts `threads` - 1 threads; the caller is the last member of the team.
  public init(threads: Int) {
    self.threads = max(1, threads)
    let desk = Desk(seats: max(1, threads))
    self.desk = desk
    workers = (1..<max(1, threads)).compactMap { worker in Self.start(worker: worker, at: desk) }
  }

  deinit {
    desk.stop()
    for worker in workers { pthread_join(worker, nil) }
  }

  /// The cores this process may use.
  public static var availableCores: Int { Int(usable_core_count()) }

  /// Calls `body(item, worker)` once for every item, on all threads, and returns when all are done.
  public func run(items: Int, _ body: @escaping (_ item: Int, _ worker: Int) -> Void) {
    run([Phase(items: { WorkItems(items) }, work: body)])
  }

  /// Works through the phases in order, on all threads, and returns when all are done; allocates nothing.
  ///
  /// Not from within that work, nor from two threads at once.
  package func run(_ phases: [Phase]) {
    // The caller's own arithmetic, outside the engine, keeps its denormal numbers.
    let mode = floating_point_mode()
    set_floating_point_mode(flushing_denormals(mode))
    desk.work(through: phases, helpers: workers.count)
    set_floating_point_mode(mode)
  }

  private static func start(worker: Int, at desk: Desk) -> pthread_t? {
    final class Seat {
      let worker: Int
      let desk: Desk
      init(worker: Int, desk: Desk) { (self.worker, self.desk) = (worker, desk) }
    }
    let seat = Unmanaged.passRetained(Seat(worker: worker, desk: desk))
    #if canImport(Darwin)
      var thread: pthread_t?
      let status = pthread_create(
        &thread, nil,
        { argument in
          let seat = Unmanaged<Seat>.fromOpaque(argument).takeRetainedValue()
          seat.desk.serve(as: seat.worker)
          return nil
        }, seat.toOpaque())
    #else
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let seat = Unmanaged<Seat>.fromOpaque(argument).takeRetainedValue()
          seat.desk.serve(as: seat.worker)
          return nil
        }, seat.toOpaque())
    #endif
    if status != 0 { seat.release() }
    return status == 0 ? thread : nil
  }
}

/// How many items of a worker's share are taken, in cache lines of its own.
private struct Taken: ~Copyable {
  let count = Atomic<Int>(0)
  private let padding = InlineArray<15, Int>(repeating: 0)
}

/// The place where work is posted and taken.
private final class Desk: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  /// Members of the team that are still at work on the phase.
  private let busy = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isDone = Atomic<Bool>(false)
  private let stopping = Atomic<Bool>(false)
  private let seats: Int
  private let taken: UnsafeMutablePointer<Taken>
  // What follows is written by one thread while all others wait.
  private var phases: [Phase] = []
  private var members = 1
  private var current = 0
  private var items = WorkItems(0)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Pauses before a worker sleeps: some tens of microseconds, longer than the gap between two layers.
  private static let spins = 4000

  init(seats: Int) {
    self.seats = seats
    taken = .allocate(capacity: seats)
    for seat in 0..<seats { (taken + seat).initialize(to: Taken()) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  deinit {
    taken.deinitialize(count: seats)
    taken.deallocate()
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wakeUp)
    mutex.deallocate()
    wakeUp.deallocate()
  }

  /// Works through `phases` as worker 0, with the helpers, and keeps nothing of them.
  func work(through phases: [Phase], helpers: Int) {
    require(self.phases.isEmpty)
    (self.phases, members, current) = (phases, helpers + 1, -1)
    isDone.store(false, ordering: .relaxed)
    var seen = generation.load(ordering: .relaxed)
    advance(as: 0)
    while waitForPhase(after: seen) {
      seen &+= 1
      work(as: 0)
    }
    self.phases = []
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
    let (items, body) = (items, phases[current].work)
    for step in 0..<seats {
      let seat = (worker + step) % seats
      let share = items.share(of: seat, among: seats)
      // A look first: an addition takes the line from all others.
      guard taken[seat].count.load(ordering: .relaxed) < share.count else { continue }
      while let item = share[taken[seat].count.wrappingAdd(1, ordering: .relaxed).oldValue] {
        body(item, worker)
      }
    }
  }

  /// Posts the next phase, while everybody else waits for it; what needs no team is done on the way.
  private func advance(as worker: Int) {
    while true {
      current += 1
      guard current < phases.count else { return isDone.store(true, ordering: .releasing) }
      items = phases[current].items()
      if members > 1, items.count > 1 { break }
      for item in 0..<items.count { phases[current].work(item, worker) }
    }
    for seat in 0..<seats { taken[seat].count.store(0, ordering: .relaxed) }
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
