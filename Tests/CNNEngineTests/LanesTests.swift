import CNNEngine
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The vector functions against the C library in double precision.
@Suite struct LanesTests {
  /// The largest |ours - theirs| / |theirs| over `inputs`, and where it is.
  private func worst(
    of inputs: [Float], _ ours: (Lanes) -> Lanes, _ theirs: (Double) -> Double
  ) -> (error: Double, at: Float) {
    var worst = (error: 0.0, at: Float(0))
    for input in inputs {
      // Every lane has another number; all have to be right.
      var vector = Lanes()
      for lane in 0..<CPUFeatures.laneCount { vector[lane] = input * (1 - Float(lane) / 1024) }
      let result = ours(vector)
      for lane in 0..<CPUFeatures.laneCount {
        let exact = theirs(Double(vector[lane]))
        let error = exact == 0 ? abs(Double(result[lane])) : abs(Double(result[lane]) - exact) / abs(exact)
        if !(error <= worst.error) { worst = (error, vector[lane]) }
      }
    }
    return worst
  }

  private func grid(_ range: ClosedRange<Float>, _ count: Int) -> [Float] {
    (0...count).map {
      range.lowerBound + (range.upperBound - range.lowerBound) * Float($0) / Float(count)
    }
  }

  /// Powers of two from 2^-`exponent` to 2^`exponent`, with numbers between.
  private func magnitudes(_ exponent: Int, perOctave: Int = 64) -> [Float] {
    (-exponent * perOctave...exponent * perOctave).map { exp2(Float($0) / Float(perOctave)) }
  }

  @Test func exponentialIsWithin2ulp() {
    let worst = worst(of: grid(-86.9...86.9, 200_000), { $0.exponential() }, exp)
    #expect(worst.error <= 2 * 0x1p-23, "\(worst)")
  }

  @Test func exponentialStaysFiniteBeyondItsRange() {
    for extreme in [Float(-1000), -.infinity, 1000, .infinity] {
      let value = Lanes(repeating: extreme).exponential()[0]
      #expect(extreme < 0 ? value >= 0 && value < 1e-37 : value > 1e37 && value.isFinite, "\(extreme)")
    }
  }

  @Test func logarithmIsWithin2ulp() {
    let worst = worst(of: magnitudes(120) + grid(1...20, 10_000), { $0.logarithm() }, log)
    #expect(worst.error <= 2 * 0x1p-23, "\(worst)")
    // Around 1 the logarithm itself goes through 0.
    let worstNear1 = self.worst(of: (-1000...1000).map { 1 + Float($0) * 0x1p-23 }, { $0.logarithm() }, log)
    #expect(worstNear1.error <= 2 * 0x1p-23, "\(worstNear1)")
  }

  @Test func logisticIsWithin4ulp() {
    let worst = worst(of: grid(-80...80, 100_000), { $0.logistic() }, { 1 / (1 + exp(-$0)) })
    #expect(worst.error <= 4 * 0x1p-23, "\(worst)")
    #expect(Lanes(repeating: 1000).logistic()[0] == 1)
    #expect(Lanes(repeating: -1000).logistic()[0] < 1e-37)
  }

  @Test func hyperbolicTangentIsWithin4ulp() {
    let inputs = grid(-10...10, 100_000) + magnitudes(20) + magnitudes(20).map { -$0 }
    let worst = worst(of: inputs, { $0.hyperbolicTangent() }, tanh)
    #expect(worst.error <= 4 * 0x1p-23, "\(worst)")
    #expect(Lanes(repeating: 1000).hyperbolicTangent()[0] == 1)
    #expect(Lanes(repeating: -1000).hyperbolicTangent()[0] == -1)
    #expect(Lanes().hyperbolicTangent()[0] == 0)
  }

  @Test func notANumberStaysWhatItIs() {
    let nan = Lanes(repeating: .nan)
    for value in [nan.exponential(), nan.logistic(), nan.hyperbolicTangent(), nan.max(Lanes())] {
      #expect(value[0].isNaN)
    }
  }

  @Test func sumAndMaximum() {
    var a = Lanes()
    for lane in 0..<CPUFeatures.laneCount { a[lane] = Float(lane + 1) }
    #expect(a.laneSum() == Float(CPUFeatures.laneCount * (CPUFeatures.laneCount + 1) / 2))
    let largest = a.max(Lanes(repeating: 3))
    for lane in 0..<CPUFeatures.laneCount { #expect(largest[lane] == Float(lane < 3 ? 3 : lane + 1)) }
  }

  @Test func blocksHoldAllImages() {
    let lanes = CPUFeatures.laneCount
    #expect(vectorCount(1) == 1)
    #expect(vectorCount(lanes) == 1)
    #expect(vectorCount(lanes + 1) == 2)
    #expect(CPUFeatures.isSupported)
    #expect([4, 8, 16].contains(lanes))
  }
}
