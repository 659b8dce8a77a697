import CLanes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A team of threads that works through numbered items and meets again at the end.
///
/// A training step hands out work every few microseconds, so workers spin for a short while before they sleep.
/// Items are taken from a counter: who computes an item never changes what is computed.
public final class WorkerTeam: Sendable {
  /// The number of threads, the caller's own included.
  public let threads: Int
  private let desk: Desk
  private let workers: [pthread_t]

  /// Starts `threads` - 1 threads; the caller is the last member of the team.
  public init(threads: Int) {
    self.threads = max(1, threads)
    let desk = Desk()
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
  ///
  /// It escapes, so that a training step can hand out closures that were made once and allocate nothing.
  public func run(items: Int, _ body: @escaping (_ item: Int, _ worker: Int) -> Void) {
    guard items > 0 else { return }
    // The caller's own arithmetic, outside the engine, keeps its denormal numbers.
    let mode = floating_point_mode()
    set_floating_point_mode(flushing_denormals(mode))
    defer { set_floating_point_mode(mode) }
    if workers.isEmpty || items == 1 {
      for item in 0..<items { body(item, 0) }
      return
    }
    var job = Job(items: items, body: body)
    withUnsafeMutablePointer(to: &job) { job in
      desk.post(job, helpers: workers.count)
      desk.work(on: job, as: 0)
      desk.waitUntilDone()
    }
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

/// What a team works on: it lives on the caller's stack while the team works.
private struct Job {
  let items: Int
  let body: (Int, Int) -> Void
}

/// The place where work is posted and taken.
private final class Desk: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  private let nextItem = Atomic<Int>(0)
  private let busy = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private var job: UnsafeMutablePointer<Job>?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Pauses before a worker sleeps: some tens of microseconds, longer than the gap between two layers.
  private static let spins = 4000

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wakeUp)
    mutex.deallocate()
    wakeUp.deallocate()
  }

  func post(_ job: UnsafeMutablePointer<Job>, helpers: Int) {
    self.job = job
    nextItem.store(0, ordering: .relaxed)
    busy.store(helpers, ordering: .relaxed)
    announce()
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    announce()
  }

  func work(on job: UnsafeMutablePointer<Job>, as worker: Int) {
    let items = job.pointee.items
    let body = job.pointee.body
    while true {
      let item = nextItem.wrappingAdd(1, ordering: .relaxed).oldValue
      if item >= items { return }
      body(item, worker)
    }
  }

  func waitUntilDone() {
    var spins = 0
    while busy.load(ordering: .acquiring) != 0 {
      spins &+= 1
      if spins < Self.spins { spin_pause() } else { sched_yield() }
    }
  }

  func serve(as worker: Int) {
    set_floating_point_mode(flushing_denormals(floating_point_mode()))
    var seen = 0
    while true {
      waitForWork(after: seen)
      if stopping.load(ordering: .relaxed) { return }
      seen &+= 1
      if let job { work(on: job, as: worker) }
      busy.wrappingSubtract(1, ordering: .releasing)
    }
  }

  private func announce() {
    generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(wakeUp)
      pthread_mutex_unlock(mutex)
    }
  }

  private func waitForWork(after seen: Int) {
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
