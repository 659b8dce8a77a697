import CNNEngine

/// What a network costs on this machine, measured on images of noise in steps as a training run takes them.
public struct Benchmark: Sendable {
  /// One layer's share of a training step.
  public struct Layer: Sendable {
    /// Its name.
    public let name: String
    /// Multiply-adds of its forward pass for a batch, counted directly, as if Winograd did not exist.
    public let multiplyAdds: Int
    /// Seconds per step of each pass, all threads together.
    public let seconds: [ProfiledPass: Double]
  }

  /// The network's name.
  public let name: String
  /// Images of a step.
  public let batchSize: Int
  /// Threads of the threadPool.
  public let threads: Int
  /// Floating-point operations per second of all threads, measured on nothing but multiply-adds.
  public let peak: Double
  /// The layers in order.
  public let layers: [Layer]
  /// Seconds per step of what belongs to no layer, all threads together.
  public let others: [ProfiledPass: Double]
  /// Seconds of a step while nothing is timed inside, the median of some turns.
  public let secondsPerStep: Double
  /// Seconds of a step in which every pass is timed.
  public let secondsPerTimedStep: Double
  /// Images evaluated per second.
  public let evaluatedPerSecond: Double
  /// The largest memory of this process so far, in bytes.
  public let peakMemory: Int
  /// Floating-point operations of a step, counted directly.
  public let flopsPerStep: Int

  /// Images trained on per second.
  public var trainedPerSecond: Double { Double(batchSize) / secondsPerStep }
  /// The part of the peak that a whole step reaches, counted in direct multiply-adds.
  public var shareOfPeak: Double { Double(flopsPerStep) / secondsPerStep / peak }
  /// The part of all threads' time that is not spent in passes: they wait for each other or hand out work.
  public var waitingShare: Double {
    let busy = layers.reduce(others.values.reduce(0, +)) { $0 + $1.seconds.values.reduce(0, +) }
    return max(0, 1 - busy / (secondsPerTimedStep * Double(threads)))
  }

  /// Turns of which the median is taken.
  private static let turns = 5

  /// Measures `config` for about `seconds`; `peak` is what `SystemInfo.peakFlops` says.
  public static func measure(
    _ config: ExperimentConfig, seconds: Double, peak: Double, threadPool: ThreadPool
  ) -> Benchmark {
    let loop = BenchmarkSteps(config, threadPool: threadPool)
    let once = time { loop.train() }
    let steps = max(3, Int(seconds / 3 / Double(turns) / max(once, 1e-6)))
    func median(_ step: () -> Void) -> Double {
      let seconds = (0..<turns).map { _ in time { for _ in 0..<steps { step() } } / Double(steps) }
      return seconds.sorted()[turns / 2]
    }
    let secondsPerStep = median(loop.train)
    loop.network.setProfiling(true)
    let timedSteps = steps * turns
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

  /// Floating-point operations of a training step: forward, weight gradient, and behind the first layer that learns
  /// the input gradient.
  private static func flopsPerStep(_ model: Model, batchSize: Int) -> Int {
    var learns = false
    return model.layers.reduce(0) { flops, layer in
      let passes = layer.parameterCount == 0 ? 1 : learns ? 3 : 2
      if layer.parameterCount > 0 { learns = true }
      return flops + 2 * layer.multiplyAdds * batchSize * passes
    }
  }

  private static func time(_ body: () -> Void) -> Double {
    let duration = ContinuousClock().measure(body).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }
}
