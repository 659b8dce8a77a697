/// The sum of values of one shape: a residual connection (Keras `Add`, PyTorch `+`).
public struct Add: MergeLayer, OptionlessLayer {
  /// Add has no options.
  public init() {}

  /// The inputs' shape, which must be the same.
  public func outputShape(for inputs: [Shape], names: [String]) throws(ShapeError) -> Shape {
    for (shape, name) in zip(inputs, names) where shape != inputs[0] {
      throw ShapeError(
        "cannot add \"\(names[0])\" \(inputs[0]) and \"\(name)\" \(shape): shapes must be equal"
          + Self.remedy((names[0], inputs[0]), (name, shape)), fallback: inputs[0])
    }
    return inputs[0]
  }

  /// The projection that makes the larger of two maps as large as the smaller.
  private static func remedy(_ a: (name: String, shape: Shape), _ b: (name: String, shape: Shape)) -> String {
    guard !a.shape.isFlat, !b.shape.isFlat else { return "" }
    let (small, large) = b.shape.height < a.shape.height ? (b.shape, a) : (a.shape, b)
    let stride = (large.shape.height + small.height - 1) / small.height
    let size = (rows: (large.shape.height - 1) / stride + 1, columns: (large.shape.width - 1) / stride + 1)
    guard size == (small.height, small.width) else { return "" }
    let strideKey = stride == 1 ? "" : ", \"stride\": \(stride), \"rounding\": \"floor\""
    return
      "; would fit: { \"type\": \"conv2d\", \"from\": \"\(large.name)\", \"filters\": \(small.channels), "
      + "\"kernel\": 1\(strideKey) } instead of \"\(large.name)\""
  }

  /// `Add`, once for each further input.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Add", merges: .pairs)]
  }

  /// Computed band by band behind its nearest input.
  public func makeOperation(inputs: [Shape], output: Shape) -> LayerOperation {
    LayerOperation(AddOp(input: output))
  }
}

/// The sum of `x` and the further inputs; each input's gradient is that of the output.
struct AddOp: FusibleOperation {
  let input: Shape
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var gradientWorksInPlace: Bool { false }
  var passesGradientOn: Bool { true }
  var canOverflow: Bool { true }
  var isCommutative: Bool { true }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    let first = buffers.further[0].x
    region.forEachRow { block, channel, row in
      let (x, y) = (buffers.x.row(block, channel, row), buffers.y.row(block, channel, row))
      let other = first.row(block, channel, row)
      for column in 0..<input.width { y[column] = x[column] + other[column] }
      for index in 1..<max(buffers.further.count, 1) {
        let other = buffers.further[index].x.row(block, channel, row)
        for column in 0..<input.width { y[column] += other[column] }
      }
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dy = buffers.dy else { return }
    copy(dy, to: buffers.dx, region)
    for input in buffers.further { copy(dy, to: input.dx, region) }
  }

  /// Copies the gradient unless it shares the memory.
  private func copy(_ dy: FeatureMaps, to dx: FeatureMaps?, _ region: Region) {
    guard let dx, dx.origin != dy.origin else { return }
    region.forEachRow { block, channel, row in
      let (source, target) = (dy.row(block, channel, row), dx.row(block, channel, row))
      for column in 0..<input.width { target[column] = source[column] }
    }
  }
}
