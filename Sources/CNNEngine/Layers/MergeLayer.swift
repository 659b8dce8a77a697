/// A layer that reads several values (Keras `Merge`).
public protocol MergeLayer: Layer {
  /// The output's shape for one image's inputs, called `names` in messages.
  ///
  /// - Throws: `ShapeError` with the first input that does not fit.
  func outputShape(for inputs: [Shape], names: [String]) throws(ShapeError) -> Shape

  /// The operation that computes the layer for these shapes.
  func makeOperation(inputs: [Shape], output: Shape) -> LayerOperation
}

extension MergeLayer {
  /// The layer itself.
  public var merge: (any MergeLayer)? { self }

  /// The output for a single input.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try outputShape(for: [input], names: ["input"])
  }

  /// The operation for a single input.
  public func makeOperation(input: Shape, output: Shape) -> LayerOperation {
    makeOperation(inputs: [input], output: output)
  }
}

extension Layer {
  /// The output's shape for one image's inputs, whatever their number.
  func outputShape(of inputs: [Shape], names: [String]) throws(ShapeError) -> Shape {
    if let merge { return try merge.outputShape(for: inputs, names: names) }
    return try outputShape(for: inputs[0])
  }

  /// The operation for these shapes, whatever the number of inputs.
  func makeOperation(of inputs: [Shape], output: Shape) -> any Operation {
    if let merge {
      return merge.makeOperation(inputs: inputs, output: output).base
    }
    return makeOperation(input: inputs[0], output: output).base
  }
}
