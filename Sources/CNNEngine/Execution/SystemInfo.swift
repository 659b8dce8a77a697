import CPlatform

/// The memory that this process has used, and the peak of the CPU.
public enum SystemInfo {
  /// The peak resident memory of this process, in bytes.
  public static var peakMemory: Int { Int(peak_memory()) }

  /// The time that all threads of this process together have been computing, in seconds.
  public static var processorSeconds: Double { Double(processor_nanoseconds()) * 1e-9 }

  /// Floating-point operations per second of all threads with multiply-adds only, the best of 20 measurements.
  public static func peakFlops(_ threadPool: ThreadPool) -> Double {
    let rounds = 2_000_000
    var best = Double.infinity
    for _ in 0..<20 {
      let start = monotonic_nanoseconds()
      // One task for each thread.
      threadPool.run(tasks: threadPool.threads) { item, _ in chains(rounds, item) }
      best = min(best, Double(monotonic_nanoseconds() - start) * 1e-9)
    }
    return Double(threadPool.threads * rounds * chainCount * CPUFeatures.laneCount * 2) / best
  }

  /// Independent sums, twice as many as hide the latency of two multiply-add units.
  private static let chainCount = 12

  @inline(never)
  private static func chains(_ rounds: Int, _ seed: Int) {
    var sums = InlineArray<12, Lanes>(repeating: Lanes(repeating: Float(seed)))
    let (factor, term) = (Lanes(repeating: 0.999), Lanes(repeating: Float(seed) * 0.001))
    for _ in 0..<rounds {
      for chain in 0..<12 { sums[unchecked: chain] = term.addingProduct(sums[unchecked: chain], factor) }
    }
    var total = Lanes()
    for chain in 0..<12 { total += sums[unchecked: chain] }
    require(total.laneSum() < .infinity)
  }
}
