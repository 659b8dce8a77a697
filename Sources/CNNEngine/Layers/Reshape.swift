import ConfigDecoding

/// Another shape for the same values in row-major order; one size may be -1 and is inferred (NumPy, PyTorch `reshape`).
public struct Reshape: Layer {
  /// One to three sizes.
  public let sizes: [Int]

  /// A reshape to positive `sizes`, of which one may be -1.
  public init(_ sizes: Int...) {
    require(
      (1...3).contains(sizes.count) && sizes.allSatisfy { $0 > 0 || $0 == -1 }
        && sizes.filter { $0 == -1 }.count <= 1, "a shape has one to three positive sizes, at most one is -1")
    self.sizes = sizes
  }

  /// Reads `shape`.
  public init(decoding decoder: ConfigDecoder) {
    sizes = decoder.value(
      "shape", .list(of: .integer(.within(-1...100_000_000)), count: .within(1...3)),
      "One to three sizes; one of them may be -1.")
    if sizes.contains(0) || sizes.filter({ $0 == -1 }).count > 1 {
      decoder.report("sizes must be positive, and at most one may be -1", at: "shape")
    }
  }

  /// The sizes, which must have as many values as the input.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let text = sizes.map(String.init).joined(separator: "x")
    guard let known = sizes.filter({ $0 != -1 }).checkedProduct, known > 0 else {
      throw ShapeError("\(text) has too many elements")
    }
    let inferred = sizes.contains(-1)
    guard inferred ? input.count % known == 0 : input.count == known else {
      let reason = inferred ? "\(input.count) is not a multiple of \(known)" : "\(text) has \(known)"
      throw ShapeError(
        "cannot make \(text) of \(input.count) elements (\(input)): \(reason)",
        fallback: inferred ? nil : Shape(sizes))
    }
    return Shape(sizes.map { $0 == -1 ? input.count / known : $0 })
  }

  /// `Reshape`, in which 0 keeps the batch dimension.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Reshape", list: [0] + output.dimensions)]
  }

  /// No work where input and output share their memory.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(ReshapeOp(input: input, output: output))
  }
}

/// Flat features from a map, channel by channel, row by row (PyTorch `Flatten`).
public struct Flatten: OptionlessLayer {
  /// Flatten has no options.
  public init() {}

  /// `[C, H, W]` to `[C H W]`.
  public func outputShape(for input: Shape) -> Shape { Shape([input.count]) }

  /// `Flatten`.
  public func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Flatten", [.integer("axis", 1)])]
  }

  /// No work where input and output share their memory.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    LayerOperation(ReshapeOp(input: input, output: output))
  }
}

/// A copy to another shape; where no border is needed on either side, input and output share their memory instead.
struct ReshapeOp: AnchorOperation {
  let input: Shape
  let output: Shape
  var canOverflow: Bool { false }
  var worksInPlace: Bool { true }
  var preservesSign: Bool { true }

  func forward(
    _ region: Region, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    guard buffers.x.origin != buffers.y.origin else { return }
    region.forEachRow { block, channel, row in
      let y = buffers.y.row(block, channel, row)
      let first = (channel &* output.height &+ row) &* output.width
      for column in 0..<output.width {
        y[column] = buffers.x.pixel(block, first &+ column, input).pointee
      }
    }
  }

  func backwardTasks(_ buffers: LayerBuffers, _ step: StepInfo) -> TaskRange {
    TaskRange(buffers.dx == nil || buffers.dx?.origin == buffers.dy?.origin ? 0 : step.blocks)
  }

  func backward(_ task: Int, _ buffers: LayerBuffers, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>)
  {
    guard let dx = buffers.dx, let dy = buffers.dy else { return }
    for index in 0..<input.count {
      dx.pixel(task, index, input).pointee = dy.pixel(task, index, output).pointee
    }
  }
}
