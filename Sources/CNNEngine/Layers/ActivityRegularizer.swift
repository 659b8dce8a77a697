import ConfigDecoding

/// A penalty on a layer's outputs, a mean over the batch (Keras: `activity_regularizer`).
package struct ActivityRegularizer: Sendable, Equatable {
  /// Adds l1 * sum |y| / N to the loss.
  package var l1 = 0.0
  /// Adds l2 * sum y^2 / N to the loss.
  package var l2 = 0.0

  /// Reads `activity_l1` and `activity_l2`; nil when both are 0.
  static func read(_ decoder: ConfigDecoder) -> ActivityRegularizer? {
    let l1 = decoder.value(
      "activity_l1", .number(.within(0...1e6)), default: JSON(0),
      "adds l1 * sum |y| / N of the outputs to the loss")
    let l2 = decoder.value(
      "activity_l2", .number(.within(0...1e6)), default: JSON(0),
      "adds l2 * sum y^2 / N of the outputs to the loss")
    return l1 == 0 && l2 == 0 ? nil : ActivityRegularizer(l1: l1, l2: l2)
  }
}

/// Passes its input on unchanged, notes the penalty, and adds its gradient on the way back.
struct ActivityRegularizerOp: FusibleOperation {
  let input: Shape
  let penalty: ActivityRegularizer
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var savedOutput: SavedOutput { .value }

  /// One vector per block, channel and row: the penalty's terms, added up in this order afterwards.
  func memory(blocks: Int, training: Bool) -> Int { blocks * input.channels * input.height }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let (x, y) = (buffers.x.row(block, channel, row), buffers.y.row(block, channel, row))
      let mask = step.mask(block: block)
      var terms = Lanes()
      for column in 0..<input.width {
        let value = x[column]
        y[column] = value
        let absolute = value.max(-value)
        terms += (absolute * Float(penalty.l1) + value * value * Float(penalty.l2)) * mask
      }
      buffers.memory[(block &* input.channels &+ channel) &* input.height &+ row] = terms
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    let (l1, l2) = (Float(penalty.l1) / Float(step.images), Float(2 * penalty.l2) / Float(step.images))
    region.forEachRow { block, channel, row in
      let y = buffers.y.row(block, channel, row)
      let (upstream, gradient) = (dy.row(block, channel, row), dx.row(block, channel, row))
      let mask = step.mask(block: block)
      for column in 0..<input.width {
        let sign = Lanes().replacing(with: l1, where: y[column] .> 0)
          .replacing(with: -l1, where: y[column] .< 0)
        gradient[column &* dx.column] = upstream[column &* dy.column] + (sign + y[column] * l2) * mask
      }
    }
  }

  /// The penalty of the last forward pass, a mean over the batch.
  func loss(_ buffers: LayerBuffers, _ step: StepInfo) -> Double {
    var sum = 0.0
    for index in 0..<memory(blocks: step.blocks, training: true) {
      sum += Double(buffers.memory[index].laneSum())
    }
    return sum / Double(step.images)
  }
}
