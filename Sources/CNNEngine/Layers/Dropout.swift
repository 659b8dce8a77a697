import ConfigDecoding

/// Sets a random part of its input to zero in training and scales the rest by 1 / (1 - rate) (inverted dropout).
package struct Dropout: Layer {
  let rate: Double

  package init(_ decoder: ConfigDecoder) {
    rate = decoder.value("rate", .number(.within(0...0.999)), "part of the numbers that is dropped")
  }

  package func outputShape(for input: Shape) -> Shape { input }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    []
  }

  package func build(input: Shape, output: Shape) -> any Operation { DropoutOp(input: input, rate: rate) }
}

/// Dropout bound to its shape. The mask is a function of seed, step, layer, image and place: the backward pass draws it again.
struct DropoutOp: FusibleOperation {
  let input: Shape
  let rate: Double
  /// Whether the layer in front passes no gradient where its output, or this one in its place, is 0: then the mask
  /// need not be drawn again.
  var reusesReLUMask = false
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var preservesSign: Bool { true }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let x = buffers.x.row(block, channel, row)
      let y = buffers.y.row(block, channel, row)
      if step.training {
        scale(x, 1, into: y, 1, block, channel, row, buffers, step)
      } else if x != y {
        y.update(from: x, count: input.width)
      }
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    if reusesReLUMask, buffers.x.origin == buffers.y.origin {
      let factor = Lanes(repeating: Float(1 / (1 - rate)))
      buffers.mapGradient(region, width: input.width) { dy, _ in dy * factor }
      return
    }
    region.forEachRow { block, channel, row in
      scale(
        dy.row(block, channel, row), dy.column, into: dx.row(block, channel, row), dx.column, block,
        channel, row, buffers, step)
    }
  }

  /// Multiplies one row with the mask; each draw serves four columns, with 16 bits for each.
  @inline(__always)
  private func scale(
    _ source: UnsafeMutablePointer<Lanes>, _ sourceStep: Int, into target: UnsafeMutablePointer<Lanes>,
    _ targetStep: Int, _ block: Int, _ channel: Int, _ row: Int, _ buffers: LayerBuffers, _ step: StepInfo
  ) {
    let factor = Lanes(repeating: Float(1 / (1 - rate)))
    let threshold = Lanes(repeating: Float(1 + rate))
    let width = input.width
    let key = step.random.key &+ SIMD2(UInt32(truncatingIfNeeded: buffers.index), 0)
    var images = RandomLanes(repeating: UInt32(truncatingIfNeeded: block &* CPUFeatures.laneCount))
    for lane in 0..<CPUFeatures.laneCount { images[lane] &+= UInt32(truncatingIfNeeded: lane) }
    let draws = (width + 3) / 4
    let first = (channel &* input.height &+ row) &* draws
    for draw in 0..<draws {
      let place = RandomLanes(repeating: UInt32(truncatingIfNeeded: first &+ draw))
      let (one, other) = RandomLanes.threefry(key: key, place, images)
      let numbers: InlineArray<4, Lanes> = [
        one.lowUnitInterval, one.highUnitInterval, other.lowUnitInterval, other.highUnitInterval,
      ]
      for column in 4 &* draw..<min(4 &* draw &+ 4, width) {
        target[column &* targetStep] = (source[column &* sourceStep] * factor)
          .replacing(with: Lanes(), where: numbers[unchecked: column & 3] .< threshold)
      }
    }
  }
}
