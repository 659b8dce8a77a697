import CNNEngine
import Synchronization
import Testing

struct AdaptiveWorkerCountTests {
  /// Runs jobs for some seconds of a made clock; returns the share of them with each number of threads.
  private func shares(
    _ workers: inout AdaptiveWorkerCount, seconds: Double, cost: [Int: UInt64], share: Double,
    _ time: MadeTime
  ) throws -> [Int: Double] {
    var jobs: [Int: Int] = [:]
    var elapsed: UInt64 = 0
    while Double(elapsed) < seconds * 1e9 {
      let nanoseconds = try #require(cost[workers.count])
      jobs[workers.count, default: 0] += 1
      elapsed += nanoseconds
      time.add(UInt64(Double(nanoseconds) * share))
      workers.finished(loops: 10, nanoseconds: nanoseconds)
    }
    let all = Double(jobs.values.reduce(0, +))
    return jobs.mapValues { Double($0) / all }
  }

  private final class MadeTime: Sendable {
    private let nanoseconds = Atomic<UInt64>(0)
    var now: UInt64 { nanoseconds.load(ordering: .relaxed) }
    func add(_ more: UInt64) { nanoseconds.wrappingAdd(more, ordering: .relaxed) }
  }

  private func workers(_ threads: Int, _ time: MadeTime) -> AdaptiveWorkerCount {
    AdaptiveWorkerCount(threads: threads, cores: 2, processorTime: { time.now })
  }

  @Test("All threads work as long as nobody takes their cores")
  func undisturbed() throws {
    let time = MadeTime()
    var workers = workers(2, time)
    let found = try shares(&workers, seconds: 10, cost: [2: 100_000], share: 2, time)
    #expect(found == [2: 1])
  }

  @Test("Fewer threads work where that is faster, and all of them again once it is not")
  func fewer() throws {
    let time = MadeTime()
    var workers = workers(2, time)
    let busy = try shares(&workers, seconds: 10, cost: [2: 220_000, 1: 200_000], share: 1.3, time)
    #expect(try #require(busy[1]) > 0.9)
    let quiet = try shares(&workers, seconds: 10, cost: [2: 110_000, 1: 200_000], share: 2, time)
    #expect(try #require(quiet[2]) > 0.7 && workers.count == 2)
  }

  @Test("All threads go on working beside others where that is faster")
  func fasterTogether() throws {
    let time = MadeTime()
    var workers = workers(2, time)
    let found = try shares(&workers, seconds: 10, cost: [2: 200_000, 1: 250_000], share: 1, time)
    #expect(try #require(found[2]) > 0.9)
  }

  @Test("Four threads on two cores become as many as are fastest", arguments: [1, 2])
  func steps(fastest: Int) throws {
    let time = MadeTime()
    var workers = workers(4, time)
    var cost: [Int: UInt64] = [4: 400_000, 2: 300_000, 1: 300_000]
    cost[fastest] = 200_000
    let found = try shares(&workers, seconds: 20, cost: cost, share: 1.3, time)
    #expect(try #require(found[fastest]) > 0.8)
  }

  @Test("No task is lost or run twice while the number of threads changes", .timeLimit(.minutes(1)))
  func changes() {
    let (threads, jobs, tasks) = (4, 3000, 32)
    let workers = AdaptiveWorkerCount(
      threads: threads, cores: 4, windowLength: 20_000, processorTime: { 0 })
    let pool = ThreadPool(threads: threads, workers: workers)
    let runs = (0..<tasks).map { _ in Counter() }
    let loop = ParallelLoop(tasks: { TaskRange(tasks) }) { task, _ in runs[task].add() }
    for job in 1...jobs {
      pool.run([loop, loop, loop])
      #expect(runs.allSatisfy { $0.value == 3 * job })
    }
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.wrappingAdd(1, ordering: .relaxed) }
  }
}
