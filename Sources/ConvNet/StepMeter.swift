import CLanes

/// The passes of a step that are timed apart.
public enum StepPass: Int, CaseIterable, Sendable {
  case loading, packing, forward, inputGradient, weightGradient, loss, optimizer
}

/// Adds up the time that workers spend in every pass of every operation, while steps run as they always do.
final class StepMeter: @unchecked Sendable {
  private let nanoseconds: UnsafeMutablePointer<UInt64>
  private let operations: Int
  private let workers: Int
  private var rowLength: Int { (operations + 1) * StepPass.allCases.count }

  /// Times `operations` operations, and as one more what belongs to none of them.
  init(operations: Int, workers: Int) {
    (self.operations, self.workers) = (operations, workers)
    let count = workers * (operations + 1) * StepPass.allCases.count
    nanoseconds = .allocate(capacity: count)
    nanoseconds.initialize(repeating: 0, count: count)
  }

  deinit { nanoseconds.deallocate() }

  func worker(_ worker: Int) -> WorkerMeter { WorkerMeter(nanoseconds: nanoseconds + worker * rowLength) }

  /// The seconds all workers together have spent in a pass of an operation.
  func seconds(_ operation: Int, _ pass: StepPass) -> Double {
    let place = operation * StepPass.allCases.count + pass.rawValue
    return (0..<workers).reduce(0) { $0 + Double(nanoseconds[$1 * rowLength + place]) } * 1e-9
  }
}

/// One worker's clocks; without any, nothing is timed.
struct WorkerMeter {
  fileprivate(set) var nanoseconds: UnsafeMutablePointer<UInt64>?

  @inline(__always)
  func measure(_ operation: Int, _ pass: StepPass, _ body: () -> Void) {
    guard let nanoseconds else { return body() }
    let start = monotonic_nanoseconds()
    body()
    nanoseconds[operation &* StepPass.allCases.count &+ pass.rawValue] &+= monotonic_nanoseconds() &- start
  }
}

extension StepMeter? {
  /// A worker's clocks; none where nothing is timed.
  func worker(_ worker: Int) -> WorkerMeter { self?.worker(worker) ?? WorkerMeter(nanoseconds: nil) }
}
