import CNNEngine
import Formatting

/// Training or evaluation that would need more memory than this process can have.
public struct InsufficientMemory: Error, CustomStringConvertible {
  /// A one-line message: what would be needed, the limit and what sets it, and what would fit.
  public let description: String
}

/// The memory that this process will have.
public struct MemoryForecast: Sendable {
  /// In bytes, the program and what it has read included.
  public let bytes: Int
  /// A line for the user if the machine has less than that to give without swapping.
  public let notice: String?
}

extension MemoryLimits {
  /// Checks that this process can have what `estimate` says, beside what it has already.
  ///
  /// - Parameters:
  ///   - purpose: what takes it, at the start of a sentence.
  ///   - advice: what would fit.
  /// - Throws: `InsufficientMemory`.
  @discardableResult
  package func check(
    _ estimate: MemoryEstimate, for purpose: String, advice: () -> String? = { nil }
  ) throws(InsufficientMemory) -> MemoryForecast {
    let bytes = resident + estimate.total
    let needs = "\(purpose) takes \(bytes.byteSize) of memory (\(estimate))"
    if let limit = limit(exceededBy: estimate) {
      let end = advice().map { "; \($0)" } ?? ""
      throw InsufficientMemory(
        description: "\(needs), but \(limit.bytes.byteSize) is \(limit.origin)\(end)")
    }
    guard let available, estimate.total > available else { return MemoryForecast(bytes: bytes, notice: nil) }
    let notice =
      "\(needs), but only \(available.byteSize) is free now; it may be slow, or be stopped by the system"
    return MemoryForecast(bytes: bytes, notice: notice)
  }

  /// The limit that training or evaluation would exceed; nil if it fits.
  func limit(exceededBy estimate: MemoryEstimate) -> Limit? {
    if let memory, exceeds(memory, resident, estimate) { return memory }
    if let addressSpace, exceeds(addressSpace, virtual, estimate) { return addressSpace }
    return nil
  }

  private func exceeds(_ limit: Limit, _ present: Int, _ estimate: MemoryEstimate) -> Bool {
    present > limit.bytes - estimate.total
  }
}

extension ExperimentConfig {
  /// Checks that training on `data` fits into memory.
  ///
  /// - Throws: `InsufficientMemory`, with the largest batch size that fits.
  package func checkMemory(
    for data: ExperimentData, threads: Int, limits: MemoryLimits = MemoryLimits()
  ) throws -> MemoryForecast {
    let batchSize = min(train.batchSize, data.train.count)
    let evaluated = try Evaluator.batchSize(
      of: model, images: max(data.test.count, data.validation(epoch: 1)?.count ?? 0))
    func estimate(_ batchSize: Int) throws(MemoryError) -> MemoryEstimate {
      try .training(self, batchSize: batchSize, evaluated: evaluated, threads: threads)
    }
    return try limits.check(
      estimate(batchSize), for: "training \(name) with batches of \(batchSize.grouped)",
      advice: {
        // The first batch size that does not fit lies in here.
        var range = 1..<batchSize
        while !range.isEmpty {
          let middle = (range.lowerBound + range.upperBound) / 2
          let fits = (try? estimate(middle)).map { limits.limit(exceededBy: $0) == nil } ?? false
          range = fits ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        let largest = range.lowerBound - 1
        return largest > 0 ? "--batch-size \(largest) fits" : "no batch size fits"
      })
  }
}
