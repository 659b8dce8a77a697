import ConvNet
import Randomness

/// What a network costs on this machine, measured on images of noise in steps as a training run takes them.
public struct Benchmark: Sendable {
  /// One layer's share of a training step.
  public struct Layer: Sendable {
    /// Its name.
    public let name: String
    /// Multiply-adds of its forward pass for a batch, counted directly, as if Winograd did not exist.
    public let multiplyAdds: Int
    /// Seconds per step of each pass, all threads together.
    public let seconds: [StepPass: Double]
  }

  /// The network's name.
  public let name: String
  /// Images of a step.
  public let batchSize: Int
  /// Threads of the team.
  public let threads: Int
  /// Floating-point operations per second of all threads, measured on nothing but multiply-adds.
  public let peak: Double
  /// The layers in order.
  public let layers: [Layer]
  /// Seconds per step of what belongs to no layer, all threads together.
  public let others: [StepPass: Double]
  /// Seconds of a step while nothing is timed inside, the median of some turns.
  public let secondsPerStep: Double
  /// Seconds of a step in which every pass is timed.
  public let secondsPerTimedStep: Double
  /// Images evaluated per second.
  public let evaluatedPerSecond: Double
  /// The largest memory of this process so far, in bytes.
  public let peakMemory: Int
  /// How often a training step allocates memory; nil where that is not known.
  public let allocationsPerStep: Double?
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

  /// Measures `config` for about `seconds`.
  public init(_ config: ExperimentConfig, seconds: Double, peak: Double, team: WorkerTeam) {
    let batchSize = config.train.batchSize
    self.batchSize = batchSize
    self.peak = peak
    (name, threads) = (config.name, team.threads)
    let parameters = config.model.initialParameters(seed: config.seed)
    let network = Network(
      model: config.model, parameters: parameters, loss: config.loss, batchSize: batchSize, training: true,
      team: team, augmentation: config.data.augmentation)
    let evaluating = Network(
      model: config.model, parameters: parameters, loss: config.loss, batchSize: batchSize, training: false,
      team: team)
    let optimizer = OptimizerRun(config.optimizer.rule, network: network)
    let batches = max(2, 1024 / batchSize)
    let images = Noise(config.model, count: batches * batchSize)
    let scale = config.pixelScale
    var batch = 0

    /// Steps of training and what they allocate.
    func train(steps: Int) -> Double? {
      let before = Machine.allocationCount
      for _ in 0..<steps { trainStep() }
      return before.flatMap { before in
        Machine.allocationCount.map { Double($0 - before) / Double(steps) }
      }
    }
    func load(into network: Network) {
      let first = batch % batches * batchSize
      batch += 1
      network.load(
        pixels: images.pixels, labels: images.labels, indices: images.order[first..<first + batchSize],
        scale: scale, augmentation: config.augmentationRandom(epoch: batch))
    }
    func trainStep() {
      load(into: network)
      _ = network.forward(
        training: true, dropout: CounterRandom(seed: UInt64(batch), purpose: .dropout))
      network.backward()
      // Weights stay as they are: noise teaches nothing, and numbers that diverge would take longer.
      optimizer.update(learningRate: 0)
    }
    network.weightsChanged()
    evaluating.weightsChanged()
    trainStep()
    let once = Self.time { trainStep() }
    let steps = max(3, Int(seconds / 3 / Double(Self.turns) / max(once, 1e-6)))
    func median(_ body: () -> Void) -> Double {
      let turns = (0..<Self.turns).map { _ in Self.time { for _ in 0..<steps { body() } } / Double(steps) }
      return turns.sorted()[Self.turns / 2]
    }
    secondsPerStep = median(trainStep)
    allocationsPerStep = train(steps: steps)
    network.setTimed(true)
    secondsPerTimedStep =
      Self.time { for _ in 0..<steps * Self.turns { trainStep() } } / Double(steps * Self.turns)
    let timings = network.timings()
    evaluatedPerSecond =
      Double(batchSize)
      / median {
        load(into: evaluating)
        _ = evaluating.forward()
      }

    func perStep(_ seconds: [StepPass: Double]) -> [StepPass: Double] {
      seconds.mapValues { $0 / Double(steps * Self.turns) }
    }
    var learns = false
    var flops = 0
    for layer in config.model.layers {
      let passes = layer.parameterCount == 0 ? 1 : learns ? 3 : 2
      flops += 2 * layer.multiplyAdds * batchSize * passes
      if layer.parameterCount > 0 { learns = true }
    }
    flopsPerStep = flops
    layers = zip(config.model.layers, timings.layers).map { layer, seconds in
      Layer(name: layer.name, multiplyAdds: layer.multiplyAdds * batchSize, seconds: perStep(seconds))
    }
    others = perStep(timings.others)
    peakMemory = Machine.peakMemory
  }

  private static func time(_ body: () -> Void) -> Double {
    let duration = ContinuousClock().measure(body).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }
}

/// Images nobody could learn from.
private struct Noise {
  let pixels: [UInt8]
  let labels: [UInt8]
  let order: [Int32]

  init(_ model: Model, count: Int) {
    let random = CounterRandom(seed: 1, purpose: .sample)
    let size = model.input.count
    pixels = (0..<count * size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    labels = (0..<count).map { UInt8($0 % min(model.output.count, 256)) }
    order = random.permutation(count)
  }
}
