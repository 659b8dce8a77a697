import CPlatform

/// The passes of a step that are timed separately.
public enum ProfiledPass: Int, CaseIterable, Sendable {
  case augmenting, loading, packing, forward, inputGradient, weightGradient, loss, optimizer
}

/// Sums of the time that each worker spends in each pass of each operation.
final class Profiler: @unchecked Sendable {
  private let nanoseconds: UnsafeMutablePointer<UInt64>
  private let operations: Int
  private let workers: Int
  private var rowLength: Int { (operations + 1) * ProfiledPass.allCases.count }

  /// A profiler of `operations` operations; index `operations` is for passes of no operation.
  init(operations: Int, workers: Int) {
    (self.operations, self.workers) = (operations, workers)
    let count = workers * (operations + 1) * ProfiledPass.allCases.count
    nanoseconds = .allocate(capacity: count)
    nanoseconds.initialize(repeating: 0, count: count)
  }

  deinit { nanoseconds.deallocate() }

  /// The counters that workers add to.
  var clocks: ProfilerClocks { ProfilerClocks(nanoseconds: nanoseconds, rowLength: rowLength) }

  /// The seconds that all workers together have spent in a pass of an operation.
  func seconds(_ operation: Int, _ pass: ProfiledPass) -> Double {
    let offset = operation * ProfiledPass.allCases.count + pass.rawValue
    return (0..<workers).reduce(0) { $0 + Double(nanoseconds[$1 * rowLength + offset]) } * 1e-9
  }
}

/// The counters of a profiler, a row for each worker.
struct ProfilerClocks {
  fileprivate let nanoseconds: UnsafeMutablePointer<UInt64>
  fileprivate let rowLength: Int
}

extension ProfilerClocks? {
  /// Runs `body`, and while profiling is on adds its time to the worker's counter.
  @inline(__always)
  func measure(_ pass: ProfiledPass, of operation: Int, by worker: Int, _ body: () -> Void) {
    guard let self else { return body() }
    let start = monotonic_nanoseconds()
    body()
    let offset = worker &* self.rowLength &+ operation &* ProfiledPass.allCases.count &+ pass.rawValue
    self.nanoseconds[offset] &+= monotonic_nanoseconds() &- start
  }
}
