import ConfigDecoding

/// A layer without options.
public protocol OptionlessLayer: Layer {
  /// The layer has no options.
  init()
}

extension OptionlessLayer {
  /// The layer has no keys.
  public init(decoding decoder: ConfigDecoder) { self.init() }
}

/// A layer that applies a function to each value.
public protocol ActivationLayer: Layer {
  /// The ONNX operator that computes it.
  static var onnxType: String { get }
  /// The operator's attributes.
  var onnxAttributes: [ONNXOperator.Attribute] { get }
}

extension ActivationLayer {
  /// Every function of single values is an activation.
  public static var isActivation: Bool { true }

  /// Most activations have no options.
  public var onnxAttributes: [ONNXOperator.Attribute] { [] }

  /// The input's shape.
  public func outputShape(for input: Shape) -> Shape { input }

  /// One operator.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator(Self.onnxType, onnxAttributes)]
  }
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

/// An operation that applies a function to each value, and whose gradient follows from its input: in place only without a
/// backward pass.
protocol InputElementwiseOperation: FusibleOperation {
  /// y of x.
  func value(_ x: Lanes) -> Lanes
  /// The derivative at x.
  func derivative(_ x: Lanes) -> Lanes
}

extension InputElementwiseOperation {
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var savesInput: Bool { true }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let x = buffers.x.row(block, channel, row)
      let y = buffers.y.row(block, channel, row)
      for column in 0..<input.width { y[column] = value(x[column]) }
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    region.forEachRow { block, channel, row in
      let x = buffers.x.row(block, channel, row)
      let (upstream, target) = (dy.row(block, channel, row), dx.row(block, channel, row))
      for column in 0..<input.width {
        target[column] = upstream[column] * derivative(x[column])
      }
    }
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
        inputGradient[column] = gradient(outputGradient[column], y[column])
      }
    }
  }
}
