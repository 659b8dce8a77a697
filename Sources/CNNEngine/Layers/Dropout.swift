import ConfigDecoding
import Randomness

/// Sets a random part of its input to zero in training and scales the rest by 1 / (1 - rate): inverted dropout, PyTorch's
/// `Dropout`.
public struct Dropout: Layer {
  /// The part of the values that is set to zero, from 0 to 0.999.
  public let rate: Double

  /// Dropout of `rate`.
  public init(rate: Double) {
    require((0...0.999).contains(rate), "a dropout rate is from 0 to 0.999")
    self.rate = rate
  }

  /// Reads `rate`.
  public init(decoding decoder: ConfigDecoder) {
    rate = decoder.value("rate", .number(.within(0...0.999)), "part of the values that is set to zero")
  }

  /// The input's shape.
  public func outputShape(for input: Shape) -> Shape { input }

  /// None: inference has no dropout.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] { [] }

  /// Applied in place.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(DropoutOp(input: input, rate: rate))
  }
}

/// The mask is a function of seed, step, layer, image and position: the backward pass generates it again.
struct DropoutOp: FusibleOperation {
  let input: Shape
  let rate: Double
  /// Whether the operation in front has a gradient of 0 where its output, overwritten by this one's, is 0: then the mask
  /// is not needed again.
  var reusesReLUMask = false
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var preservesSign: Bool { true }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let x = buffers.x.row(block, channel, row)
      let y = buffers.y.row(block, channel, row)
      if step.training {
        scale(x, into: y, block, channel, row, buffers, step)
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
        dy.row(block, channel, row), into: dx.row(block, channel, row), block, channel, row, buffers, step)
    }
  }

  /// Multiplies one row with the mask; a random number of 64 bits serves four columns.
  @inline(__always)
  private func scale(
    _ source: UnsafeMutablePointer<Lanes>, into target: UnsafeMutablePointer<Lanes>, _ block: Int,
    _ channel: Int, _ row: Int, _ buffers: LayerBuffers, _ step: StepInfo
  ) {
    let factor = Lanes(repeating: Float(1 / (1 - rate)))
    let threshold = Lanes(repeating: Float(1 + rate))
    let width = input.width
    let key = step.random.key &+ SIMD2(UInt32(truncatingIfNeeded: buffers.stream), 0)
    var images = RandomLanes(repeating: UInt32(truncatingIfNeeded: block &* CPUFeatures.laneCount))
    for lane in 0..<CPUFeatures.laneCount { images[lane] &+= UInt32(truncatingIfNeeded: lane) }
    let draws = (width + 3) / 4
    let first = (channel &* input.height &+ row) &* draws
    for draw in 0..<draws {
      let counter = RandomLanes(repeating: UInt32(truncatingIfNeeded: first &+ draw))
      let (low, high) = RandomLanes.threefry(key: key, counter, images)
      let uniforms: InlineArray<4, Lanes> = [
        low.lowUnitInterval, low.highUnitInterval, high.lowUnitInterval, high.highUnitInterval,
      ]
      for column in 4 &* draw..<min(4 &* draw &+ 4, width) {
        target[column] = (source[column] * factor)
          .replacing(with: Lanes(), where: uniforms[unchecked: column & 3] .< threshold)
      }
    }
  }
}
