import CAllocationCounter
import CNNEngine
import Synchronization
import Testing
import Training

/// glibc's allocator is counted; a sanitizer's, or macOS', is not.
private let isCounted = allocations_of_this_thread() > 0

/// The sum over threads, and how many of them have added theirs.
private final class Count: Sendable {
  let sum = Atomic(0)
  let arrived = Atomic(0)
}

@Suite(.enabled(if: isCounted)) struct AllocationTests {
  /// How often the threads of `threadPool` have allocated memory so far. Other tests' threads are not counted.
  private static func allocations(of threadPool: ThreadPool) -> Int {
    let count = Count()
    threadPool.run(tasks: threadPool.threads) { _, _ in
      count.sum.wrappingAdd(Int(allocations_of_this_thread()), ordering: .relaxed)
      count.arrived.wrappingAdd(1, ordering: .releasing)
      // Each thread waits until all have an item, so that none takes two.
      while count.arrived.load(ordering: .acquiring) < threadPool.threads {}
    }
    return count.sum.load(ordering: .relaxed)
  }

  /// A pool all of whose threads always take part.
  private static func pool(threads: Int) -> ThreadPool {
    ThreadPool(threads: threads, workers: AdaptiveWorkerCount(threads: threads, cores: 0))
  }

  /// What `step` adds to the count, beyond what counting itself does.
  private static func allocations(of threadPool: ThreadPool, in step: () -> Void) -> Int {
    let start = allocations(of: threadPool)
    let counting = allocations(of: threadPool) - start
    let before = allocations(of: threadPool)
    step()
    return allocations(of: threadPool) - before - counting
  }

  @Test("Steps allocate nothing", arguments: ConfigSource.shipped.map(\.name), [1, 2])
  func steps(config: String, threads: Int) throws {
    let config = try ConfigSource.load(
      ConfigSource.json(config), flags: [], settings: ["train.batch_size=20"])
    let threadPool = Self.pool(threads: threads)
    let steps = try BenchmarkSteps(config, threadPool: threadPool)
    steps.warmUp()
    #expect(Self.allocations(of: threadPool) { for _ in 0..<3 { steps.train() } } == 0)
    #expect(Self.allocations(of: threadPool) { for _ in 0..<3 { steps.evaluate() } } == 0)
  }

  @Test("Averaging weights and running statistics allocates nothing", arguments: [1, 2])
  func average(threads: Int) throws {
    let config = try Small.config(layers: Small.normed, train: #""batch_size": 20, "average": {}"#)
    let threadPool = Self.pool(threads: threads)
    let steps = try BenchmarkSteps(config, threadPool: threadPool)
    steps.warmUp()
    #expect(Self.allocations(of: threadPool) { for _ in 0..<3 { steps.train() } } == 0)
  }

  @Test("Augmenting allocates nothing") func augmentation() throws {
    let augment = ["shift", "rotate", "scale", "shear", "elastic", "erase", "noise"].map { "\"\($0)\"" }
    let config = try ConfigSource.load(
      ConfigSource.json("lenet"), flags: [],
      settings: ["data.augment=[\(augment.joined(separator: ","))]", "train.batch_size=20"])
    let threadPool = Self.pool(threads: 2)
    let steps = try BenchmarkSteps(config, threadPool: threadPool)
    steps.warmUp()
    #expect(Self.allocations(of: threadPool) { for _ in 0..<3 { steps.train() } } == 0)
  }

  @Test("Allocations are counted") func counts() {
    let threadPool = Self.pool(threads: 2)
    var arrays: [[Int]] = []
    #expect(Self.allocations(of: threadPool) { arrays.append([Int](repeating: 1, count: 1000)) } > 0)
    #expect(arrays.count == 1)
  }
}
