import CSIMD

/// A SIMD vector of one float for each image of a batch block, as wide as the CPU's widest registers.
package typealias Lanes = lanes
/// Integers in as many lanes.
package typealias IntegerLanes = integer_lanes
/// Random bits in as many lanes.
package typealias RandomLanes = random_lanes

/// The result of comparing two `Lanes`.
typealias LaneMask = SIMDMask<IntegerLanes>

/// The number of vectors, or batch blocks, that hold `count` values, or images.
@inline(__always)
package func vectorCount(_ count: Int) -> Int {
  (count + CPUFeatures.laneCount - 1) / CPUFeatures.laneCount
}

extension Lanes {
  /// The maximum in each lane; the standard library's `pointwiseMax` compiles to a scalar loop.
  @inline(__always)
  package func max(_ other: Lanes) -> Lanes { replacing(with: other, where: other .> self) }

  /// The sum of all lanes in a fixed order: halves are added until one number is left.
  @inline(__always)
  package func laneSum() -> Float {
    var sums = InlineArray<16, Float>(repeating: 0)
    for lane in 0..<CPUFeatures.laneCount { sums[unchecked: lane] = self[lane] }
    var width = CPUFeatures.laneCount / 2
    while width > 0 {
      for lane in 0..<width { sums[unchecked: lane] += sums[unchecked: lane &+ width] }
      width /= 2
    }
    return sums[unchecked: 0]
  }

  /// e^x to within 2 ulp; x is clamped to ±87, the range of single precision.
  @inline(__always)
  package func exponential() -> Lanes {
    var x = max(Lanes(repeating: -87))
    x = x.replacing(with: 87, where: x .> 87)
    // Adding 1.5 * 2^23 rounds to an integer, which is then in the low bits: 2^n is a shift.
    let magic = Lanes(repeating: 12_582_912)
    let shifted = magic.addingProduct(x, Lanes(repeating: 1.442_695_04))
    let n = shifted - magic
    let reduced = x.addingProduct(n, Lanes(repeating: -0.693_359_375))
      .addingProduct(n, Lanes(repeating: 2.121_944_4e-4))
    var sum = Lanes(repeating: 1.987_569_2e-4)
    sum = Lanes(repeating: 1.398_199_95e-3).addingProduct(sum, reduced)
    sum = Lanes(repeating: 8.333_452e-3).addingProduct(sum, reduced)
    sum = Lanes(repeating: 4.166_579_6e-2).addingProduct(sum, reduced)
    sum = Lanes(repeating: 1.666_666_5e-1).addingProduct(sum, reduced)
    sum = Lanes(repeating: 0.5).addingProduct(sum, reduced)
    sum = (reduced + 1).addingProduct(sum, reduced * reduced)
    let bits = unsafeBitCast(shifted, to: IntegerLanes.self) &- unsafeBitCast(magic, to: IntegerLanes.self)
    let power = unsafeBitCast((bits &+ 127) &<< 23, to: Lanes.self)
    return sum * power
  }

  /// The natural logarithm of positive normal floats, to within 2 ulp.
  @inline(__always)
  package func logarithm() -> Lanes {
    // x = 2^n m with m in [sqrt(1/2), sqrt(2)), then log m from the series of atanh((m - 1) / (m + 1)).
    let bits = unsafeBitCast(self, to: IntegerLanes.self) &- 0x3F35_04F3
    let exponent = bits &>> 23
    let mantissa = unsafeBitCast((bits & 0x007F_FFFF) &+ 0x3F35_04F3, to: Lanes.self)
    let magic = IntegerLanes(repeating: 0x4B40_0000)
    let n = unsafeBitCast(exponent &+ magic, to: Lanes.self) - 12_582_912
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var series = Lanes(repeating: 2 / 9)
    series = Lanes(repeating: 2 / 7).addingProduct(series, square)
    series = Lanes(repeating: 2 / 5).addingProduct(series, square)
    series = Lanes(repeating: 2 / 3).addingProduct(series, square)
    let log = (s + s).addingProduct(series * square, s)
    return (log.addingProduct(n, Lanes(repeating: 2.121_944_4e-4) * -1)).addingProduct(
      n, Lanes(repeating: 0.693_359_375))
  }

  /// 1 / (1 + e^-x).
  @inline(__always)
  package func logistic() -> Lanes { 1 / (1 + (-self).exponential()) }

  /// tanh x: a polynomial near zero, where 1 - 2 / (e^2x + 1) would cancel.
  @inline(__always)
  package func hyperbolicTangent() -> Lanes {
    let square = self * self
    var series = Lanes(repeating: -5.704_988_7e-3)
    series = Lanes(repeating: 2.063_908_9e-2).addingProduct(series, square)
    series = Lanes(repeating: -5.373_971_6e-2).addingProduct(series, square)
    series = Lanes(repeating: 1.333_144_2e-1).addingProduct(series, square)
    series = Lanes(repeating: -3.333_328_2e-1).addingProduct(series, square)
    let small = self.addingProduct(series * square, self)
    let large = 1 - 2 / ((self + self).exponential() + 1)
    return large.replacing(with: small, where: square .< 0.390_625)
  }
}

extension Lanes {
  /// erf x to within 2e-7: below 0.95 x times a polynomial in x², beyond it 1 - e^(-x q(x)), both fitted by least squares.
  @inline(__always)
  package func errorFunction() -> Lanes {
    let square = self * self
    var series = Lanes(repeating: 8.179_480_7e-5)
    series = Lanes(repeating: -8.096_167e-4).addingProduct(series, square)
    series = Lanes(repeating: 5.196_794e-3).addingProduct(series, square)
    series = Lanes(repeating: -2.685_763e-2).addingProduct(series, square)
    series = Lanes(repeating: 0.112_836_624).addingProduct(series, square)
    series = Lanes(repeating: -0.376_126_315).addingProduct(series, square)
    series = Lanes(repeating: 1.128_379_17).addingProduct(series, square)
    let small = self * series
    var distance = self.max(-self)
    distance = distance.replacing(with: 4, where: distance .> 4)
    var rate = Lanes(repeating: 1.654_748_61e-5)
    rate = Lanes(repeating: -3.736_720_3e-4).addingProduct(rate, distance)
    rate = Lanes(repeating: 3.837_396_24e-3).addingProduct(rate, distance)
    rate = Lanes(repeating: -2.414_513_13e-2).addingProduct(rate, distance)
    rate = Lanes(repeating: 0.106_644_233).addingProduct(rate, distance)
    rate = Lanes(repeating: 0.634_928_874).addingProduct(rate, distance)
    rate = Lanes(repeating: 1.128_697_26).addingProduct(rate, distance)
    let large = 1 - (-distance * rate).exponential()
    return large.replacing(with: -large, where: self .< 0).replacing(with: small, where: square .< 0.9025)
  }
}

extension UnsafeMutablePointer<Lanes> {
  /// The lanes as consecutive floats.
  var floats: UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Float.self)
  }
}

/// Adds up the lanes of `count` vectors, as many at a time as a vector has lanes.
func addLanes(of sums: UnsafePointer<Lanes>, _ count: Int, into target: UnsafeMutablePointer<Float>) {
  let lanes = CPUFeatures.laneCount
  let whole = count / lanes &* lanes
  for index in stride(from: 0, to: whole, by: lanes) {
    UnsafeMutableRawPointer(target + index).storeBytes(of: lane_sums(sums + index), as: Lanes.self)
  }
  for index in whole..<count { target[index] = sums[index].laneSum() }
}

/// Transposes `count` vectors from `[row][lane]` to `[lane][row]`, with `rowLength` floats from lane to lane.
@inline(__always)
func transpose(
  _ vectors: UnsafePointer<Lanes>, _ count: Int, to target: UnsafeMutablePointer<Float>, rowLength: Int
) {
  let lanes = CPUFeatures.laneCount
  let source = UnsafeRawPointer(vectors).assumingMemoryBound(to: Float.self)
  let whole = lanes >= 8 ? count / 8 &* 8 : 0
  for row in stride(from: 0, to: whole, by: 8) {
    for lane in stride(from: 0, to: lanes, by: 8) {
      transpose_8x8(
        source + (row &* lanes &+ lane), Int64(lanes), target + (lane &* rowLength &+ row), Int64(rowLength))
    }
  }
  guard whole < count else { return }
  for lane in 0..<lanes {
    for row in whole..<count { target[lane &* rowLength &+ row] = source[row &* lanes &+ lane] }
  }
}
