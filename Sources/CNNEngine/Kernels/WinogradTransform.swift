/// The transforms of Winograd's minimal filtering F(4x4, 3x3): 36 products give 16 outputs instead of 144.
///
/// A filter g and a 6x6 patch d of the map give A^T [(G g G^T) * (B^T d B)] A, with * elementwise
/// (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016). The matrices follow from the
/// points 0, a, -a, b, -b and infinity where polynomials are evaluated: with a = 5/8 and b = 3/2 rounding errors
/// are half of those of the usual 1 and 2, and all entries of A and B are exact in binary.
enum WinogradTransform {
  /// Output rows and columns of a tile.
  static let tile = 4
  /// Rows and columns of the input patch of a tile.
  static let patch = 6
  /// Values of a transformed patch.
  static let frequencies = 36

  private static var a: Float { 0.625 }
  private static var b: Float { 1.5 }

  /// B^T d.
  @inline(__always)
  static func input(_ d: Six<Lanes>) -> Six<Lanes> {
    let evenA = d.4.addingProduct(d.2, Lanes(repeating: -b * b))
    let oddA = d.3.addingProduct(d.1, Lanes(repeating: -b * b))
    let evenB = d.4.addingProduct(d.2, Lanes(repeating: -a * a))
    let oddB = d.3.addingProduct(d.1, Lanes(repeating: -a * a))
    let (sum, product) = (Lanes(repeating: -(a * a + b * b)), Lanes(repeating: a * a * b * b))
    return (
      d.4.addingProduct(d.2, sum).addingProduct(d.0, product),
      evenA.addingProduct(oddA, Lanes(repeating: a)), evenA.addingProduct(oddA, Lanes(repeating: -a)),
      evenB.addingProduct(oddB, Lanes(repeating: b)), evenB.addingProduct(oddB, Lanes(repeating: -b)),
      d.5.addingProduct(d.3, sum).addingProduct(d.1, product)
    )
  }

  /// A^T m.
  @inline(__always)
  static func output(_ m: Six<Lanes>) -> (Lanes, Lanes, Lanes, Lanes) {
    let (evenA, oddA) = (m.1 + m.2, m.1 - m.2)
    let (evenB, oddB) = (m.3 + m.4, m.3 - m.4)
    return (
      m.0 + evenA + evenB,
      (oddA * Lanes(repeating: a)).addingProduct(oddB, Lanes(repeating: b)),
      (evenA * Lanes(repeating: a * a)).addingProduct(evenB, Lanes(repeating: b * b)),
      m.5.addingProduct(oddA, Lanes(repeating: a * a * a)).addingProduct(oddB, Lanes(repeating: b * b * b))
    )
  }

  /// A dy.
  @inline(__always)
  static func outputGradient(_ dy: (Lanes, Lanes, Lanes, Lanes)) -> Six<Lanes> {
    let evenA = dy.0.addingProduct(dy.2, Lanes(repeating: a * a))
    let oddA = dy.1.addingProduct(dy.3, Lanes(repeating: a * a))
    let evenB = dy.0.addingProduct(dy.2, Lanes(repeating: b * b))
    let oddB = dy.1.addingProduct(dy.3, Lanes(repeating: b * b))
    return (
      dy.0, evenA.addingProduct(oddA, Lanes(repeating: a)), evenA.addingProduct(oddA, Lanes(repeating: -a)),
      evenB.addingProduct(oddB, Lanes(repeating: b)), evenB.addingProduct(oddB, Lanes(repeating: -b)), dy.3
    )
  }

  /// The factors of the filter's transform for the points a and b.
  private static var scales: (a: Float, b: Float) {
    (1 / (2 * a * a * (a * a - b * b)), 1 / (2 * b * b * (b * b - a * a)))
  }

  /// G g, for eight filters at a time.
  @inline(__always)
  static func filter(_ g: (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>)) -> Six<SIMD8<Float>> {
    let (a2, b2) = (a * a, b * b)
    let (scaleA, scaleB) = scales
    let evenA = g.0 * scaleA + g.2 * (scaleA * a2)
    let evenB = g.0 * scaleB + g.2 * (scaleB * b2)
    let (oddA, oddB) = (g.1 * (scaleA * a), g.1 * (scaleB * b))
    return (g.0 * (1 / (a2 * b2)), evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g.2)
  }

  /// G^T dU.
  @inline(__always)
  static func filterGradient(_ u: Six<Lanes>) -> (Lanes, Lanes, Lanes) {
    let (a2, b2) = (a * a, b * b)
    let (scaleA, scaleB) = scales
    let (evenA, oddA) = (scaleA * (u.1 + u.2), scaleA * (u.1 - u.2))
    let (evenB, oddB) = (scaleB * (u.3 + u.4), scaleB * (u.3 - u.4))
    return (u.0 * (1 / (a2 * b2)) + evenA + evenB, a * oddA + b * oddB, a2 * evenA + b2 * evenB + u.5)
  }
}

/// Six values, as a transform reads or returns them.
typealias Six<Value> = (Value, Value, Value, Value, Value, Value)
