import Datasets
import Testing
import TestSupport

@Suite struct HandwritingTests {
  private func write(_ digit: Int, _ index: UInt64) -> [StrokePoint] {
    var random = RandomStream(seed: 3, index: index)
    return Handwriting(digit: digit, box: 20, center: SIMD2(14, 15), random: &random).points
  }

  @Test(arguments: 0..<10) func theStrokesFillTheBox(digit: Int) {
    for index in 0..<100 {
      let points = write(digit, UInt64(index))
      let x = points.map(\.position.x)
      let y = points.map(\.position.y)
      let width = (x.max() ?? 0) - (x.min() ?? 0)
      let height = (y.max() ?? 0) - (y.min() ?? 0)
      let extent = max(width, height) + 2 * points.map(\.radius).reduce(0, +) / Float(points.count)
      #expect((17.8...21).contains(extent), "digit \(digit), sample \(index)")
      #expect(points.allSatisfy { (0.2...4).contains($0.radius) })
    }
  }

  @Test(arguments: 0..<10) func theCentreOfMassIsAtTheCentre(digit: Int) {
    for index in 0..<100 {
      var mass: Float = 0
      var moment = SIMD2<Float>()
      let points = write(digit, UInt64(index))
      for (a, b) in zip(points, points.dropFirst()) where !b.startsStroke {
        let step = b.position - a.position
        let area = (step * step).sum().squareRoot() * (a.radius + b.radius)
        mass += area
        moment += area * (a.position + b.position) / 2
      }
      let off = moment / mass - SIMD2(14, 15)
      #expect((off * off).sum() < 1e-4)
    }
  }

  @Test func digitsDiffer() {
    let firsts = Set((0..<200).map { write(2, $0)[0].position })
    #expect(firsts.count == 200)
  }

  @Test func strokesAreSmooth() {
    for index in 0..<100 {
      let points = write(0, UInt64(index))
      for (a, b) in zip(points, points.dropFirst()) {
        let step = b.position - a.position
        #expect((step * step).sum().squareRoot() < 4)
      }
    }
  }
}
