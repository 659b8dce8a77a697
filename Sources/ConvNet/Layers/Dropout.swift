import Configuration
import Randomness

/// Sets a random part of its input to zero in training and scales the rest by 1 / (1 - rate) (inverted dropout).
package struct Dropout: Layer {
  let rate: Double

  package init(_ reader: ObjectReader) {
    rate = reader.value("rate", .number(.within(0...0.999)), "part of the numbers that is dropped")
  }

  package func outputShape(for input: Shape) -> Shape { input }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { DroppingOut(input: input, rate: rate) }
}

/// Dropout bound to its shape. The mask is a function of seed, step, layer, image and place: the backward pass draws it again.
struct DroppingOut: ChannelwiseLayer {
  let input: Shape
  let rate: Double
  var output: Shape { input }
  var worksInPlace: Bool { true }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let x = pass.x.row(block, channel, row)
      let y = pass.y.row(block, channel, row)
      if step.training {
        scale(x, 1, into: y, 1, block, channel, row, pass, step)
      } else if x != y {
        y.update(from: x, count: input.width)
      }
    }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    guard let dx = pass.dx, let dy = pass.dy else { return }
    region.forEachRow { block, channel, row in
      scale(
        dy.row(block, channel, row), dy.column, into: dx.row(block, channel, row), dx.column, block,
        channel, row, pass, step)
    }
  }

  /// Multiplies one row with the mask; each draw serves two columns.
  @inline(__always)
  private func scale(
    _ source: UnsafeMutablePointer<Lanes>, _ sourceStep: Int, into target: UnsafeMutablePointer<Lanes>,
    _ targetStep: Int, _ block: Int, _ channel: Int, _ row: Int, _ pass: LayerPass, _ step: StepInfo
  ) {
    let factor = Lanes(repeating: Float(1 / (1 - rate)))
    let threshold = Lanes(repeating: Float(1 + rate))
    let width = input.width
    let key = step.random.key &+ SIMD2(UInt32(truncatingIfNeeded: pass.index), 0)
    var images = RandomLanes(repeating: UInt32(truncatingIfNeeded: block &* LaneCPU.laneCount))
    for lane in 0..<LaneCPU.laneCount { images[lane] &+= UInt32(truncatingIfNeeded: lane) }
    let pairs = (width + 1) / 2
    let first = (channel &* input.height &+ row) &* pairs
    for pair in 0..<pairs {
      let place = RandomLanes(repeating: UInt32(truncatingIfNeeded: first &+ pair))
      let (even, odd) = RandomLanes.threefry(key: key, place, images)
      let column = 2 &* pair
      target[column &* targetStep] = (source[column &* sourceStep] * factor)
        .replacing(with: Lanes(), where: even.unitInterval .< threshold)
      if column &+ 1 < width {
        target[(column &+ 1) &* targetStep] = (source[(column &+ 1) &* sourceStep] * factor)
          .replacing(with: Lanes(), where: odd.unitInterval .< threshold)
      }
    }
  }
}
