import CNNEngine
import Formatting

/// The cost of a network on this machine, measured in training steps on random images.
public struct Benchmark: Sendable {
  /// The cost of one layer in a training step.
  public struct Layer: Sendable {
    /// The name of the layer.
    public let name: String
    /// Multiply-adds of the forward pass of a batch, counted as a direct convolution even with Winograd's algorithm.
    public let multiplyAdds: Int
    /// Seconds per step of each pass, summed over all threads.
    public let seconds: [ProfiledPass: Double]
  }

  /// The name of the config.
  public let name: String
  /// Images per step.
  public let batchSize: Int
  /// The number of threads.
  public let threads: Int
  /// Peak floating-point operations per second of all threads, measured with multiply-adds only.
  public let peak: Double
  /// The layers in order.
  public let layers: [Layer]
  /// Seconds per step of passes that belong to no layer, summed over all threads.
  public let others: [ProfiledPass: Double]
  /// Seconds per step without profiling, the median of several rounds.
  public let secondsPerStep: Double
  /// Seconds per step with profiling.
  public let secondsPerTimedStep: Double
  /// Images evaluated per second.
  public let evaluatedPerSecond: Double
  /// The peak memory of the process so far, in bytes.
  public let peakMemory: Int
  /// Floating-point operations per step, counted as direct convolutions.
  public let flopsPerStep: Int

  /// Training images per second.
  public var trainedPerSecond: Double { Double(batchSize) / secondsPerStep }
  /// The fraction of the peak that a step reaches.
  public var shareOfPeak: Double { Double(flopsPerStep) / secondsPerStep / peak }
  /// The fraction of all threads' time outside of passes: waiting for other threads, scheduling.
  public var waitingShare: Double {
    let busy = layers.reduce(others.values.reduce(0, +)) { $0 + $1.seconds.values.reduce(0, +) }
    return max(0, 1 - busy / (secondsPerTimedStep * Double(threads)))
  }

  /// The number of rounds of which the median is taken.
  private static let rounds = 5
  /// The largest number of steps of a round, whatever the clock says.
  private static let stepLimit = 10_000

  /// The fraction of one thread's peak that a pass of a layer reaches; nil for a layer without multiply-adds.
  package func share(of layer: Layer, _ pass: ProfiledPass) -> Double? {
    guard layer.multiplyAdds > 0, let seconds = layer.seconds[pass], seconds > 0 else { return nil }
    return Double(2 * layer.multiplyAdds) / seconds / (peak / Double(threads))
  }

  /// Measures `config` for about `seconds`; nil if the clock stands still.
  ///
  /// - Parameter peak: the value of `SystemInfo.peakFlops`.
  /// - Throws: `InsufficientMemory` or `MemoryError`.
  public static func measure(
    _ config: ExperimentConfig, seconds: Double, peak: Double, threadPool: ThreadPool,
    now: () -> ContinuousClock.Instant = { .now }
  ) throws -> Benchmark? {
    func time(_ body: () -> Void) -> Double {
      let start = now()
      body()
      return (now() - start) / .seconds(1)
    }
    let loop = try BenchmarkSteps(config, threadPool: threadPool)
    loop.warmUp()
    let once = time { loop.train() }
    let steps = min(stepLimit, max(3, Int(clamping: seconds / 3 / Double(rounds) / max(once, 1e-6))))
    func median(_ step: () -> Void) -> Double {
      let seconds = (0..<rounds).map { _ in time { for _ in 0..<steps { step() } } / Double(steps) }
      return seconds.sorted()[rounds / 2]
    }
    let secondsPerStep = once > 0 ? median(loop.train) : 0
    guard secondsPerStep > 0 else { return nil }
    loop.network.setProfiling(true)
    let timedSteps = steps * rounds
    let secondsPerTimedStep = time { for _ in 0..<timedSteps { loop.train() } } / Double(timedSteps)
    let timings = loop.network.profile()
    let secondsPerEvaluation = median(loop.evaluate)
    func perStep(_ seconds: [ProfiledPass: Double]) -> [ProfiledPass: Double] {
      seconds.mapValues { $0 / Double(timedSteps) }
    }
    let layers = zip(config.model.layers, timings.layers).map { layer, seconds in
      Layer(
        name: layer.name, multiplyAdds: layer.multiplyAdds * loop.batchSize, seconds: perStep(seconds))
    }
    return Benchmark(
      name: config.name, batchSize: loop.batchSize, threads: threadPool.threads, peak: peak, layers: layers,
      others: perStep(timings.others), secondsPerStep: secondsPerStep,
      secondsPerTimedStep: secondsPerTimedStep,
      evaluatedPerSecond: Double(loop.batchSize) / secondsPerEvaluation, peakMemory: SystemInfo.peakMemory,
      flopsPerStep: flopsPerStep(config.model, batchSize: loop.batchSize))
  }

  /// Floating-point operations of a training step: forward pass, weight gradient, and input gradient of every layer
  /// that reads, directly or through others, a layer with parameters.
  package static func flopsPerStep(_ model: Model, batchSize: Int) -> Int {
    // Whether each value depends on parameters; the image does not.
    var hasGradient = [false]
    return model.layers.reduce(0) { flops, layer in
      let hasInputGradient = layer.inputs.contains { hasGradient[$0] }
      hasGradient.append(hasInputGradient || layer.parameterCount > 0)
      let passes = layer.parameterCount == 0 ? 1 : hasInputGradient ? 3 : 2
      return flops + 2 * layer.multiplyAdds * batchSize * passes
    }
  }
}
