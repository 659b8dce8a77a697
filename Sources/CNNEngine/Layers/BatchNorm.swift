import ConfigDecoding

/// Normalizes each channel, or each flat feature, by mean and variance of the batch in training and by running statistics
/// in evaluation, then scales by gamma and shifts by beta (Ioffe and Szegedy 2015, PyTorch `BatchNorm2d`, `BatchNorm1d`).
public struct BatchNorm: Layer {
  /// Added to the variance, so that a constant channel is no division by zero.
  public let epsilon: Double
  /// The share of the new batch in the running statistics, as in PyTorch; Keras' momentum is 1 minus this.
  public let momentum: Double
  /// Whether the running variance divides by the number of values less one, as PyTorch's does and Keras' does not.
  public let isUnbiased: Bool

  /// A batch norm, by default PyTorch's.
  public init(epsilon: Double = 1e-5, momentum: Double = 0.1, isUnbiased: Bool = true) {
    require(epsilon > 0 && (0...1).contains(momentum), "epsilon is positive, momentum from 0 to 1")
    (self.epsilon, self.momentum, self.isUnbiased) = (epsilon, momentum, isUnbiased)
  }

  /// Reads `epsilon`, `momentum` and `unbiased`.
  public init(decoding decoder: ConfigDecoder) {
    epsilon = decoder.value(
      "epsilon", .number(.within(1e-12...1)), default: 1e-5, "Added to the variance of each channel.")
    momentum = decoder.value(
      "momentum", .number(.within(0...1)), default: 0.1,
      "Share of the new batch in the running statistics (Keras: 1 - momentum).")
    isUnbiased = decoder.value(
      "unbiased", .boolean, default: true,
      "Whether the running variance divides by n - 1, as PyTorch's does and Keras' does not.")
  }

  /// The input's shape.
  public func outputShape(for input: Shape) -> Shape { input }

  /// `weight` (gamma), 1 at first, and `bias` (beta), 0 at first, both `[C]`.
  public func parameters(for input: Shape) -> [ParameterSpec] {
    [
      ParameterSpec(
        role: "weight", shape: [input.channels], initializer: .constant(1), fanIn: 1, fanOut: 1),
      ParameterSpec(role: "bias", shape: [input.channels], initializer: .zeros, fanIn: 1, fanOut: 1),
    ]
  }

  /// `running_mean` and `running_var`, both `[C]`, and `num_batches_tracked`.
  public func state(for input: Shape) -> [StateSpec] {
    [
      StateSpec(role: "running_mean", shape: [input.channels], initial: 0),
      StateSpec(role: "running_var", shape: [input.channels], initial: 1, isNonnegative: true),
      StateSpec(role: "num_batches_tracked", shape: [], initial: 0, isCounter: true),
    ]
  }

  /// `BatchNormalization` in inference.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("BatchNormalization", [.float("epsilon", epsilon)], takesWeights: true)]
  }

  /// A task is a channel of the whole batch.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(
      BatchNormOp(input: input, epsilon: epsilon, momentum: momentum, isUnbiased: isUnbiased))
  }
}

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, channel by channel.
///
/// The sums over a channel are computed by one task in a fixed order: those of a batch block in single
/// precision, their sum in double precision.
struct BatchNormOp: AnchorOperation {
  let input: Shape
  let epsilon: Double
  let momentum: Double
  let isUnbiased: Bool
  var output: Shape { input }
  var savesInput: Bool { true }
  var needsWholeBatch: Bool { true }

  /// Flat features of a task.
  private static let featuresPerTask = 16

  /// Channels of a task: a map is large enough alone.
  private var channelsPerTask: Int { input.isFlat ? Self.featuresPerTask : 1 }

  var channelGroups: [Range<Int>] {
    stride(from: 0, to: input.channels, by: channelsPerTask).map {
      $0..<min($0 + channelsPerTask, input.channels)
    }
  }

  /// What is saved of each channel.
  func savedSize(blocks: Int, training: Bool) -> Int { vectorCount(3 * input.channels) }

  /// Mean, what its rounding to single precision has left out, and the reciprocal standard deviation of each channel.
  private func saved(
    _ buffers: LayerBuffers
  ) -> (
    means: UnsafeMutablePointer<Float>, rests: UnsafeMutablePointer<Float>,
    scales: UnsafeMutablePointer<Float>
  ) {
    let means = buffers.saved.floats
    return (means, means + input.channels, means + 2 &* input.channels)
  }

  // MARK: Forward

  func prepare(_ channels: Range<Int>, _ buffers: LayerBuffers, _ step: StepInfo) {
    let (means, rests, scales) = saved(buffers)
    let runningMean = buffers.state
    let runningVariance = runningMean + alignedCount(input.channels)
    for channel in channels {
      guard step.training else {
        (means[channel], rests[channel]) = (runningMean[channel], 0)
        scales[channel] = Float(1 / (Double(runningVariance[channel]) + epsilon).squareRoot())
        continue
      }
      let count = Double(step.images * input.height * input.width)
      let mean = sum(channel, buffers.x, step) { $0 } / count
      let center = Lanes(repeating: Float(mean))
      let rest = sum(channel, buffers.x, step) { $0 - center } / count
      let squares = sum(channel, buffers.x, step) { ($0 - center) * ($0 - center) } / count
      let variance = max(squares - rest * rest, 0)
      (means[channel], rests[channel]) = (Float(mean), Float(rest))
      scales[channel] = Float(1 / (variance + epsilon).squareRoot())
      let running = isUnbiased && count > 1 ? variance * count / (count - 1) : variance
      runningMean[channel] += Float(momentum * (mean - Double(runningMean[channel])))
      runningVariance[channel] += Float(momentum * (running - Double(runningVariance[channel])))
    }
    if step.training, channels.lowerBound == 0 {
      runningVariance[alignedCount(input.channels)] += 1
    }
  }

  /// The sum of a function of one channel's values over the images of the batch.
  @inline(__always)
  private func sum(
    _ channel: Int, _ x: FeatureMaps, _ step: StepInfo, _ term: (Lanes) -> Lanes
  ) -> Double {
    var total = 0.0
    for block in 0..<step.blocks {
      let isWhole = (block &+ 1) &* CPUFeatures.laneCount <= step.images
      var sum = Lanes()
      for row in 0..<input.height {
        let pixels = x.row(block, channel, row)
        var sums = InlineArray<4, Lanes>(repeating: Lanes())
        for column in 0..<input.width { sums[unchecked: column & 3] += term(pixels[column]) }
        sum += sums[0] + sums[1] + (sums[2] + sums[3])
      }
      // Lanes behind the last image hold no image: whatever is there must not count.
      if !isWhole { sum = Lanes().replacing(with: sum, where: step.mask(block: block) .> 0) }
      total += Double(sum.laneSum())
    }
    return total
  }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    let (means, rests, scales) = saved(buffers)
    for channel in region.channels {
      let mean = Lanes(repeating: means[channel])
      let scale = Lanes(repeating: scales[channel] * buffers.weights[channel])
      let shift = Lanes(repeating: buffers.bias.map { $0[channel] } ?? 0) - scale * rests[channel]
      for block in region.blocks {
        for row in region.rows {
          let (x, y) = (buffers.x.row(block, channel, row), buffers.y.row(block, channel, row))
          for column in 0..<input.width { y[column] = shift.addingProduct(x[column] - mean, scale) }
        }
      }
    }
  }

  // MARK: Backward

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(channelGroups.count)
  }

  /// dx = gamma / deviation (dy - mean(dy) - x̂ mean(dy x̂)), with x̂ the normalized x.
  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dy = buffers.dy else { return }
    let (means, rests, scales) = saved(buffers)
    let first = task &* channelsPerTask
    let count = Double(step.images * input.height * input.width)
    for channel in first..<min(first &+ channelsPerTask, input.channels) {
      let mean = Lanes(repeating: means[channel])
      let scale = Lanes(repeating: scales[channel])
      let (gradients, products) = sums(channel, buffers.x, dy, mean, step)
      let normalized = (products - Double(rests[channel]) * gradients) * Double(scales[channel])
      buffers.weightGradient[channel] = Float(normalized)
      buffers.biasGradient?[channel] = Float(gradients)
      guard let dx = buffers.dx else { continue }
      let factor = Lanes(repeating: buffers.weights[channel] * scales[channel])
      let meanProduct = Lanes(repeating: Float(-normalized / count)) * scale
      let meanGradient = Lanes(repeating: Float(gradients / count)) - meanProduct * rests[channel]
      for block in 0..<step.blocks {
        let isImage = step.mask(block: block) .> 0
        for row in 0..<input.height {
          let (x, upstream) = (buffers.x.row(block, channel, row), dy.row(block, channel, row))
          let target = dx.row(block, channel, row)
          for column in 0..<input.width {
            let value = (upstream[column] - meanGradient)
              .addingProduct(x[column] - mean, meanProduct)
            // A lane without an image would not be zero, and would count in every weight gradient before.
            target[column] = Lanes().replacing(with: value * factor, where: isImage)
          }
        }
      }
    }
  }

  /// The sums of dy and of dy (x - mean) over one channel; dy is zero in lanes without an image.
  @inline(__always)
  private func sums(
    _ channel: Int, _ x: FeatureMaps, _ dy: FeatureMaps, _ mean: Lanes, _ step: StepInfo
  ) -> (gradients: Double, products: Double) {
    var (gradients, products) = (0.0, 0.0)
    for block in 0..<step.blocks {
      var (gradient, product) = (Lanes(), Lanes())
      for row in 0..<input.height {
        let (values, upstream) = (x.row(block, channel, row), dy.row(block, channel, row))
        var plain = InlineArray<4, Lanes>(repeating: Lanes())
        var weighted = plain
        for column in 0..<input.width {
          plain[unchecked: column & 3] += upstream[column]
          weighted[unchecked: column & 3].addProduct(upstream[column], values[column] - mean)
        }
        gradient += plain[0] + plain[1] + (plain[2] + plain[3])
        product += weighted[0] + weighted[1] + (weighted[2] + weighted[3])
      }
      gradients += Double(gradient.laneSum())
      products += Double(product.laneSum())
    }
    return (gradients, products)
  }
}
