import CPlatform

/// The passes of a step that are timed apart.
public enum ProfiledPass: Int, CaseIterable, Sendable {
  case augmenting, loading, packing, forward, inputGradient, weightGradient, loss, optimizer
}

/// Adds up the time that workers spend in every pass of every operation, while steps run as they always do.
final class Profiler: @unchecked Sendable {
  private let nanoseconds: UnsafeMutablePointer<UInt64>
  private let operations: Int
  private let workers: Int
  private var rowLength: Int { (operations + 1) * ProfiledPass.allCases.count }

  /// Times `operations` operations, and as one more what belongs to none of them.
  init(operations: Int, workers: Int) {
    (self.operations, self.workers) = (operations, workers)
    let count = workers * (operations + 1) * ProfiledPass.allCases.count
    nanoseconds = .allocate(capacity: count)
    nanoseconds.initialize(repeating: 0, count: count)
  }

  deinit { nanoseconds.deallocate() }

  /// The clocks, as the workers read them.
  var clocks: ProfilerClocks { ProfilerClocks(nanoseconds: nanoseconds, rowLength: rowLength) }

  /// The seconds all workers together have spent in a pass of an operation.
  func seconds(_ operation: Int, _ pass: ProfiledPass) -> Double {
    let place = operation * ProfiledPass.allCases.count + pass.rawValue
    return (0..<workers).reduce(0) { $0 + Double(nanoseconds[$1 * rowLength + place]) } * 1e-9
  }
}

/// The clocks of a meter, a row for each worker.
struct ProfilerClocks {
  fileprivate let nanoseconds: UnsafeMutablePointer<UInt64>
  fileprivate let rowLength: Int
}

extension ProfilerClocks? {
  /// Runs `body`; where somebody wants to know, adds the time it takes to a worker's clock.
  @inline(__always)
  func measure(_ pass: ProfiledPass, of operation: Int, by worker: Int, _ body: () -> Void) {
    guard let self else { return body() }
    let start = monotonic_nanoseconds()
    body()
    let place = worker &* self.rowLength &+ operation &* ProfiledPass.allCases.count &+ pass.rawValue
    self.nanoseconds[place] &+= monotonic_nanoseconds() &- start
  }
}
