import SVGCharts
import Testing

struct AxisScaleTests {
  private static let ranges: [ClosedRange<Double>] = [
    0.0...1, 0.93...0.9998, -3...17, 0...1e12, 1e-9...2e-9, -1e300...1e300, 5...5, 0...0, -2...(-2),
    1e16...1e16 + 2, 0.0009...0.17,
  ]

  @Test(
    "Ticks are distinct and ascending, at most one more than asked for, and the domain covers all values",
    arguments: ranges)
  func linear(values: ClosedRange<Double>) {
    for count in [2, 4, 7, 10] {
      let scale = AxisScale.linear(values, ticks: count)
      #expect(scale.ticks.count <= count + 1 && scale.ticks.count >= 2)
      #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0 < $1 })
      #expect(scale.domain.lowerBound <= values.lowerBound && scale.domain.upperBound >= values.upperBound)
      #expect(Set(scale.labels).count == scale.labels.count, "\(scale.labels)")
    }
  }

  @Test("Labels have the decimals of the step, and exponents for large numbers")
  func labels() {
    #expect(AxisScale.linear(0.93...0.9998, ticks: 5).labels == ["0.92", "0.94", "0.96", "0.98", "1.00"])
    #expect(AxisScale.linear(0...1200, ticks: 4).labels == ["0", "500", "1,000", "1,500"])
    #expect(AxisScale.linear(0...3e7, ticks: 4).labels == ["0", "1e7", "2e7", "3e7"])
    #expect(AxisScale.linear(-0.5...0.5, ticks: 5).labels == ["-0.5", "0.0", "0.5"])
  }

  @Test("Bounds limit the domain")
  func bounds() {
    #expect(AxisScale.linear(1...1, ticks: 5, within: 0...1).domain.upperBound == 1)
    #expect(AxisScale.linear(0...0, ticks: 5, within: 0...1).domain.lowerBound == 0)
    for values in [97.5...97.5, -3...(-2), 0.5...97.5, -1e300...1e300] as [ClosedRange<Double>] {
      let scale = AxisScale.linear(values, ticks: 5, within: 0...1)
      #expect(scale.domain.lowerBound >= 0 && scale.domain.upperBound <= 1 && scale.ticks.count > 1)
    }
  }

  @Test("Values of any size have finite positions")
  func extremes() {
    let largest = Double.greatestFiniteMagnitude, smallest = Double.leastNonzeroMagnitude
    for values in [
      [smallest], [0, smallest], [8 * smallest, 1e-300], [smallest, largest], [-largest, largest],
      [largest], [-largest], [largest / 2, largest], [1e304, largest], [smallest, 1e-306],
    ] {
      let scale = AxisScale.fitting(values, ticks: 5)
      #expect(values.allSatisfy { (0...1).contains(scale.position($0)) }, "\(values)")
    }
    for numbers in [Int.min...Int.min, Int.max...Int.max, Int.max - 1...Int.max, Int.min...Int.max] {
      let scale = AxisScale.integer(numbers, ticks: 5)
      #expect((0...1).contains(scale.position(Double(numbers.lowerBound))), "\(numbers)")
      #expect(scale.labels.count == scale.ticks.count)
    }
  }

  @Test("A tight scale has the domain of the values")
  func tight() {
    let scale = AxisScale.linear(-0.53...0.78, ticks: 5, isTight: true)
    #expect(scale.domain == -0.53...0.78 && scale.labels == ["-0.5", "0.0", "0.5"])
  }

  @Test("Positive values over more than two decades get a logarithmic scale")
  func logarithmic() {
    #expect(!AxisScale.fitting([0.01, 1], ticks: 6).isLogarithmic)
    #expect(!AxisScale.fitting([0, 1e6], ticks: 6).isLogarithmic)
    let scale = AxisScale.fitting([0.0009, 0.17], ticks: 7)
    #expect(scale.isLogarithmic && scale.domain == 0.0005...0.2)
    #expect(scale.labels == ["0.001", "0.01", "0.1"])
    #expect(abs(scale.position(0.01) - 0.5) < 1e-9)
    let huge = AxisScale.fitting([1e-200, 1e200], ticks: 6)
    #expect((2...7).contains(huge.ticks.count) && huge.ticks.allSatisfy { huge.domain.contains($0) })
  }

  @Test(
    "Ticks of an integer scale are integers",
    arguments: [1...1, 1...2, 1...10, 1...1000, 3...7, 1...1_000_000])
  func integer(numbers: ClosedRange<Int>) {
    let scale = AxisScale.integer(numbers, ticks: 8)
    #expect((1...8).contains(scale.ticks.count))
    #expect(scale.ticks.allSatisfy { $0 == $0.rounded() && numbers.contains(Int($0)) })
    #expect(scale.position(Double(numbers.lowerBound)) == (numbers.count == 1 ? 0.5 : 0))
  }

  @Test("An axis of steps has round values at the steps between which they lie")
  func steps() {
    let axis = AxisScale.steps(351, through: 1e-6...10, ticks: 5)
    #expect(axis.labels == ["1e-6", "0.0001", "0.01", "1"] && axis.domain == 0...350)
    #expect(zip(axis.ticks, [0, 100, 200, 300]).allSatisfy { abs($0 - $1) < 1e-9 })
    #expect(AxisScale.steps(2, through: 3...4, ticks: 5).ticks.allSatisfy { 0...1 ~= $0 })
  }
}
