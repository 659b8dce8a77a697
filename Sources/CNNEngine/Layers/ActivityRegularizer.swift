import ConfigDecoding

/// A penalty on a layer's outputs, l1 sum |y| / N + l2 sum y^2 / N over a batch of N images (Keras
/// `activity_regularizer`).
public struct ActivityRegularizer: Sendable, Equatable {
  /// The factor of sum |y| / N.
  public var l1: Double
  /// The factor of sum y^2 / N.
  public var l2: Double

  /// A penalty with these factors.
  public init(l1: Double = 0, l2: Double = 0) { (self.l1, self.l2) = (l1, l2) }

  /// Reads `activity_l1` and `activity_l2`; nil when both are 0.
  static func decode(_ decoder: ConfigDecoder) -> ActivityRegularizer? {
    let l1 = decoder.value(
      "activity_l1", .number(.within(0...1e6)), default: JSON(0),
      "adds l1 * sum |y| / N of the outputs to the loss")
    let l2 = decoder.value(
      "activity_l2", .number(.within(0...1e6)), default: JSON(0),
      "adds l2 * sum y^2 / N of the outputs to the loss")
    return l1 == 0 && l2 == 0 ? nil : ActivityRegularizer(l1: l1, l2: l2)
  }
}

/// The identity, which sums the penalty in the forward pass and adds its gradient in the backward pass.
struct ActivityRegularizerOp: FusibleOperation {
  let input: Shape
  let regularizer: ActivityRegularizer
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var savedOutput: SavedOutput { .value }

  /// One vector for each block, channel and row: the penalty's terms, added up in this order afterwards.
  func savedSize(blocks: Int, training: Bool) -> Int { blocks * input.channels * input.height }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let (x, y) = (buffers.x.row(block, channel, row), buffers.y.row(block, channel, row))
      let mask = step.mask(block: block)
      var terms = Lanes()
      for column in 0..<input.width {
        let value = x[column]
        y[column] = value
        let absolute = value.max(-value)
        terms += (absolute * Float(regularizer.l1) + value * value * Float(regularizer.l2)) * mask
      }
      buffers.saved[(block &* input.channels &+ channel) &* input.height &+ row] = terms
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    let l1 = Float(regularizer.l1) / Float(step.images)
    let l2 = Float(2 * regularizer.l2) / Float(step.images)
    region.forEachRow { block, channel, row in
      let y = buffers.y.row(block, channel, row)
      let (outputGradient, inputGradient) = (dy.row(block, channel, row), dx.row(block, channel, row))
      let mask = step.mask(block: block)
      for column in 0..<input.width {
        let sign = Lanes().replacing(with: l1, where: y[column] .> 0)
          .replacing(with: -l1, where: y[column] .< 0)
        inputGradient[column] =
          outputGradient[column] + (sign + y[column] * l2) * mask
      }
    }
  }

  /// The penalty of the last forward pass.
  func loss(_ buffers: LayerBuffers, _ step: StepInfo) -> Double {
    var sum = 0.0
    for index in 0..<savedSize(blocks: step.blocks, training: true) {
      sum += Double(buffers.saved[index].laneSum())
    }
    return sum / Double(step.images)
  }
}
