import Datasets
import Testing

@Suite struct RandomStreamTests {
  private func draws(_ draw: (inout RandomStream) -> Float) -> [Float] {
    var random = RandomStream(seed: 5, index: 9)
    return (0..<20_000).map { _ in draw(&random) }
  }

  @Test func normalNumbersHaveMeanAndDeviation() {
    let values = draws { $0.normal(2) }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(abs(mean) < 0.06)
    #expect(abs(variance.squareRoot() - 2) < 0.05)
    #expect(values.allSatisfy { abs($0) <= 7 })
  }

  @Test func uniformNumbersStayWithinTheirBounds() {
    let values = draws { $0.uniform(-1, 3) }
    #expect(values.allSatisfy { $0 >= -1 && $0 < 3 })
    #expect(abs(values.reduce(0, +) / 20_000 - 1) < 0.05)
  }

  @Test func integersAreUniform() {
    let values = draws { Float($0.below(4)) }
    for number in 0..<4 { #expect((4700...5300).contains(values.count { $0 == Float(number) })) }
  }

  @Test func factorsAreAsOftenAboveAsBelowOne() {
    let values = draws { $0.factor(0.3) }
    #expect(values.allSatisfy { $0 > 0.45 && $0 < 2.1 })
    #expect((9700...10_300).contains(values.count { $0 > 1 }))
  }
}
