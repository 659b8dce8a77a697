/// The mean of each map, as flat features (Keras `GlobalAveragePooling2D`, PyTorch `AdaptiveAvgPool2d(1)` with `Flatten`).
public struct GlobalAveragePool2D: OptionlessLayer {
  /// Global average pooling has no options.
  public init() {}

  /// `[C, H, W]` to `[C]`.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.dimensions.count == 3 else {
      let remedy = input.isFlat ? "\(input) flat features; put it before \"flatten\"" : "\(input)"
      throw ShapeError("needs a map [channels, height, width], not \(remedy)", fallback: input)
    }
    return Shape([input.channels])
  }

  /// `GlobalAveragePool` and `Flatten`.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("GlobalAveragePool"), ONNXOperator("Flatten", [.integer("axis", 1)])]
  }

  /// Computed behind a convolution or a norm, while its map is in the cache.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(GlobalAveragePoolOp(input: input))
  }
}

struct GlobalAveragePoolOp: FusibleOperation {
  let input: Shape
  var output: Shape { Shape([input.channels]) }
  private var scale: Float { 1 / Float(input.height * input.width) }

  func inputRows(for rows: Range<Int>) -> Range<Int> { 0..<input.height }

  func forward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    region.forEachRow { block, channel, row in
      let sum = buffers.x.sum(block, channel: channel, rows: 0..<input.height, columns: input.width)
      buffers.y.row(block, channel, row)[0] = sum * scale
    }
  }

  func backward(_ region: Region, _ buffers: LayerBuffers, _ step: StepInfo) {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    region.forEachRow { block, channel, row in
      let gradient = dy.row(block, channel, row)[0] * scale
      for inputRow in 0..<input.height {
        let target = dx.row(block, channel, inputRow)
        for column in 0..<input.width { target[column] = gradient }
      }
    }
  }
}
