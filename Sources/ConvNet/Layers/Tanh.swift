import Configuration

/// The hyperbolic tangent.
package struct Tanh: Layer, ActivationFunction {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { Elementwise<Tanh>(input: input) }

  @inline(__always)
  static func value(_ x: Lanes) -> Lanes { x.hyperbolicTangent() }

  @inline(__always)
  static func gradient(_ dy: Lanes, value y: Lanes) -> Lanes { dy * (1 - y * y) }
}
