import Configuration

/// max(0, x); the gradient is 0 where x is 0 or less.
package struct ReLU: Layer, ActivationFunction {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { Elementwise<ReLU>(input: input) }

  @inline(__always)
  static func value(_ x: Lanes) -> Lanes { x.max(Lanes()) }

  @inline(__always)
  static func gradient(_ dy: Lanes, value y: Lanes) -> Lanes { Lanes().replacing(with: dy, where: y .> 0) }
}
