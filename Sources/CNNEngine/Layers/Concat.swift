/// The channels of several maps, or the features of several vectors, one after another (Keras `Concatenate`, PyTorch
/// `cat` along dimension 1).
public struct Concat: MergeLayer, OptionlessLayer {
  /// Concat has no options.
  public init() {}

  /// The sum of the channels; maps must have the same size.
  public func outputShape(for inputs: [Shape], names: [String]) throws(ShapeError) -> Shape {
    let first = inputs[0]
    let channels = inputs.reduce(0) { $0 + $1.channels }
    for (shape, name) in zip(inputs, names) {
      let fits =
        shape.dimensions.count == first.dimensions.count && first.dimensions.count != 2
        && (shape.height, shape.width) == (first.height, first.width)
      guard !fits else { continue }
      let what = first.isFlat ? "flat features" : "maps of \(first.height)x\(first.width)"
      throw ShapeError(
        "cannot concatenate \"\(names[0])\" \(first) and \"\(name)\" \(shape): "
          + "only channels may differ; \"\(names[0])\" has \(what)")
    }
    return first.isFlat
      ? Shape([channels]) : Shape(channels: channels, height: first.height, width: first.width)
  }

  /// `Concat` along the channels.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Concat", [.integer("axis", 1)], merges: .all)]
  }

  /// A copy of every input.
  public func makeOperation(inputs: [Shape], output: Shape) -> LayerOperation {
    LayerOperation(ConcatOp(input: inputs[0], output: output, channels: inputs.map(\.channels)))
  }
}

/// Copies channels from several inputs into one output, and their gradients back.
struct ConcatOp: AnchorOperation {
  let input: Shape
  let output: Shape
  var canOverflow: Bool { false }
  /// The first output channel of each input, and behind them the number of all.
  private let offsets: InlineArray<65, Int>
  /// The most inputs, whose offsets fit.
  static let maxInputs = 64
  private let inputs: Int

  init(input: Shape, output: Shape, channels: [Int]) {
    (self.input, self.output, inputs) = (input, output, channels.count)
    var offsets = InlineArray<65, Int>(repeating: 0)
    for (index, count) in channels.enumerated() { offsets[index + 1] = offsets[index] + count }
    self.offsets = offsets
  }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<inputs {
      let x = index == 0 ? buffers.x : buffers.further[index &- 1].x
      copy(x, to: buffers.y, part(index, of: region), sourceOffset: -offsets[index], targetOffset: 0)
    }
  }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange { TaskRange(step.blocks) }

  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dy = buffers.dy else { return }
    let region = Region(
      blocks: task..<task + 1, channels: 0..<output.channels, rows: 0..<output.height)
    for index in 0..<inputs {
      guard let dx = index == 0 ? buffers.dx : buffers.further[index &- 1].dx else { continue }
      copy(dy, to: dx, part(index, of: region), sourceOffset: 0, targetOffset: -offsets[index])
    }
  }

  /// The part of a region of the output that comes from one input.
  private func part(_ index: Int, of region: Region) -> Region {
    var part = region
    part.channels = region.channels.clamped(to: offsets[index]..<offsets[index + 1])
    return part
  }

  private func copy(
    _ source: FeatureMaps, to target: FeatureMaps, _ region: Region, sourceOffset: Int, targetOffset: Int
  ) {
    region.forEachRow { block, channel, row in
      let from = source.row(block, channel &+ sourceOffset, row)
      let to = target.row(block, channel &+ targetOffset, row)
      for column in 0..<output.width { to[column] = from[column] }
    }
  }
}
