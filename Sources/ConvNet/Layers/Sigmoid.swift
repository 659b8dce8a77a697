import Configuration

/// 1 / (1 + e^-x).
package struct Sigmoid: Layer, ActivationFunction {
  package init(_ reader: ObjectReader) {}

  package func outputShape(for input: Shape) -> Shape { input }

  package func build(input: Shape, output: Shape) -> any BuiltLayer { Elementwise<Sigmoid>(input: input) }

  @inline(__always)
  static func value(_ x: Lanes) -> Lanes { x.logistic() }

  @inline(__always)
  static func gradient(_ dy: Lanes, value y: Lanes) -> Lanes { dy * y * (1 - y) }
}
