import ConfigDecoding

/// Gives the same numbers another shape; one size may be -1 and is worked out.
package struct Reshape: Layer {
  let sizes: [Int]

  package init(_ decoder: ConfigDecoder) {
    sizes = decoder.value(
      "shape", .list(of: .integer(.within(-1...100_000_000)), count: .within(1...3)),
      "One to three sizes; one of them may be -1.")
    if sizes.contains(0) || sizes.filter({ $0 == -1 }).count > 1 {
      decoder.report("sizes must be positive, and at most one may be -1", at: "shape")
    }
  }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
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

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    // 0 stands for the number of images.
    [ONNXOperator("Reshape", list: [0] + output.dimensions)]
  }

  package func build(input: Shape, output: Shape) -> any Operation {
    ReshapeOp(input: input, output: output)
  }
}

/// Makes flat features of a map, channel by channel, row by row, as PyTorch's `flatten`.
package struct Flatten: Layer {
  package init(_ decoder: ConfigDecoder) {}

  package func outputShape(for input: Shape) -> Shape { Shape([input.count]) }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Flatten", [.integer("axis", 1)])]
  }

  package func build(input: Shape, output: Shape) -> any Operation {
    ReshapeOp(input: input, output: output)
  }
}

/// A change of shape. Where neither neighbour wants a border the two share their memory and nothing is done.
struct ReshapeOp: AnchorOperation {
  let input: Shape
  let output: Shape
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
        y[column &* buffers.y.column] = buffers.x.pixel(block, first &+ column, input).pointee
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

extension FeatureMaps {
  /// The pixel of the `index`-th number of an image of `shape`.
  @inline(__always)
  func pixel(_ block: Int, _ index: Int, _ shape: Shape) -> UnsafeMutablePointer<Lanes> {
    let (line, place) = index.quotientAndRemainder(dividingBy: shape.width)
    let (channel, row) = line.quotientAndRemainder(dividingBy: shape.height)
    return self.row(block, channel, row) + place &* column
  }
}
