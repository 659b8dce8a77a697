import CPlatform

/// What this machine can do, and what the program has used of it.
public enum SystemInfo {
  /// The most memory this process has had so far, in bytes.
  public static var peakMemory: Int { Int(peak_memory()) }

  /// Floating-point operations per second of a threadPool that does nothing but multiply-adds; the best of some tries.
  public static func peakFlops(_ threadPool: ThreadPool) -> Double {
    let rounds = 2_000_000
    var best = Double.infinity
    for _ in 0..<20 {
      let start = monotonic_nanoseconds()
      // More items than threads would wait for each other; each thread takes one.
      threadPool.run(tasks: threadPool.threads) { item, _ in chains(rounds, item) }
      best = min(best, Double(monotonic_nanoseconds() - start) * 1e-9)
    }
    return Double(threadPool.threads * rounds * chainCount * CPUFeatures.laneCount * 2) / best
  }

  /// Twice what hides the latency of two units.
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
