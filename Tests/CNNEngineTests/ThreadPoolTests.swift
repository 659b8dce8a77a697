import CNNEngine
import Foundation
import Testing

@Suite struct ThreadPoolTests {
  /// How often each item of a job was run, and by workers of which numbers.
  ///
  /// The lock is one the thread sanitizer knows; `Mutex` is none.
  private final class Tally: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var items: [Int]
    private(set) var workers: Set<Int> = []

    init(items: Int) { self.items = Array(repeating: 0, count: items) }

    func note(item: Int, worker: Int) {
      lock.withLock {
        items[item] += 1
        workers.insert(worker)
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 8]) func everyItemRunsOnce(threads: Int) {
    let threadPool = ThreadPool(threads: threads)
    #expect(threadPool.threads == threads)
    for repetition in 0..<3000 {
      let tally = Tally(items: repetition % 23)
      threadPool.run(tasks: repetition % 23) { item, worker in tally.note(item: item, worker: worker) }
      guard tally.items.allSatisfy({ $0 == 1 }), tally.workers.allSatisfy({ (0..<threads).contains($0) })
      else {
        Issue.record("job \(repetition): \(tally.items) by \(tally.workers)")
        return
      }
    }
  }

  @Test func resultsAreThereWhenTheJobReturns() {
    let threadPool = ThreadPool(threads: 3)
    var numbers = [Int](repeating: 0, count: 64)
    numbers.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let numbers = buffer
      for round in 1...2000 { threadPool.run(tasks: 64) { item, _ in numbers[item] += round } }
    }
    #expect(numbers == Array(repeating: 2000 * 2001 / 2, count: 64))
  }

  @Test(arguments: [1, 2, 3, 4]) func aPhaseBeginsWhenTheLastIsDone(threads: Int) {
    let threadPool = ThreadPool(threads: threads)
    var numbers = [Int](repeating: 0, count: 64)
    var sums = [Int](repeating: 0, count: 3)
    numbers.withUnsafeMutableBufferPointer { numbers in
      sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let (numbers, sums) = (numbers, sums)
        let phases = [
          ParallelLoop(tasks: { TaskRange(40, 0, 24) }) { item, _ in numbers[item] += item },
          ParallelLoop(tasks: { TaskRange(0) }) { _, _ in numbers[0] = -1 },
          ParallelLoop(tasks: { TaskRange(1) }) { _, _ in numbers[0] += 1 },
          // What there is to do depends on the phases in front.
          ParallelLoop(tasks: { TaskRange(numbers[0] > 0 ? 3 : 0) }) { item, _ in
            sums[item] = numbers.reduce(0, +)
          },
        ]
        for round in 1...1000 {
          threadPool.run(phases)
          #expect(Array(sums) == Array(repeating: round * (64 * 63 / 2 + 1), count: 3))
        }
      }
    }
  }

  @Test func nothingIsKeptOfAPhase() {
    final class Token {}
    weak var token: Token?
    let threadPool = ThreadPool(threads: 2)
    do {
      let held = Token()
      token = held
      threadPool.run(tasks: 8) { _, _ in withExtendedLifetime(held) {} }
    }
    #expect(token == nil)
  }

  @Test func sharesAreNeighboursOfEveryPart() {
    let items = TaskRange(7, 0, 4)
    let shares = (0..<3).map { slot in
      let share = items.slice(of: slot, among: 3)
      return (0..<12).compactMap { share[$0] }
    }
    #expect(shares == [[0, 1, 7], [2, 3, 8], [4, 5, 6, 9, 10]])
  }

  @Test func sleepersWakeUp() {
    let threadPool = ThreadPool(threads: 4)
    for _ in 0..<20 {
      // Long enough for all workers to have stopped spinning.
      var spins = 0
      let clock = ContinuousClock()
      let start = clock.now
      while clock.now - start < .milliseconds(2) { spins += 1 }
      let tally = Tally(items: 40)
      threadPool.run(tasks: 40) { item, worker in tally.note(item: item, worker: worker) }
      #expect(tally.items == Array(repeating: 1, count: 40))
    }
  }

  @Test func teamsComeAndGo() {
    for _ in 0..<200 {
      let tally = Tally(items: 4)
      ThreadPool(threads: 4).run(tasks: 4) { item, worker in tally.note(item: item, worker: worker) }
      #expect(tally.items == [1, 1, 1, 1])
    }
  }

  @Test func thereIsAtLeastOneThreadAndOneCore() {
    #expect(ThreadPool(threads: 0).threads == 1)
    #expect(ThreadPool(threads: -3).threads == 1)
    #expect(ThreadPool.availableCores >= 1)
  }
}
