import ConfigDecoding

/// A layer without options that applies a function to each value.
public protocol ActivationLayer: Layer {
  /// An activation has no options.
  init()

  /// The ONNX operator that computes it.
  static var onnxType: String { get }
}

extension ActivationLayer {
  /// An activation has no keys.
  public init(decoding decoder: ConfigDecoder) { self.init() }

  /// The input's shape.
  public func outputShape(for input: Shape) -> Shape { input }

  /// One operator without attributes.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] { [ONNXOperator(Self.onnxType)] }
}

/// An operation that applies a function to each value, in place where possible, and whose gradient follows from its output.
protocol ElementwiseOperation: FusibleOperation {
  /// y of x.
  func value(_ x: Lanes) -> Lanes
  /// dx of dy and y.
  func gradient(_ dy: Lanes, _ y: Lanes) -> Lanes
}

extension ElementwiseOperation {
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var savedOutput: SavedOutput { .value }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let x = buffers.x.row(block, channel, row)
      let y = buffers.y.row(block, channel, row)
      for column in 0..<input.width { y[column] = value(x[column]) }
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    buffers.mapGradient(region, width: input.width) { dy, y in gradient(dy, y) }
  }
}

extension LayerBuffers {
  /// dx = gradient(dy, y), vector by vector.
  @inline(__always)
  func mapGradient(_ region: Region, width: Int, _ gradient: (_ dy: Lanes, _ y: Lanes) -> Lanes) {
    guard let dx, let dy else { return }
    region.forEachRow { block, channel, row in
      let y = y.row(block, channel, row)
      let outputGradient = dy.row(block, channel, row)
      let inputGradient = dx.row(block, channel, row)
      for column in 0..<width {
        inputGradient[column &* dx.column] = gradient(outputGradient[column &* dy.column], y[column])
      }
    }
  }
}
