import Datasets
import Testing

@Suite struct StrokeRasterizerTests {
  private func coverage(_ points: [StrokePoint], size: Int = 20) -> [Float] {
    var pixels = [Float](repeating: 0, count: size * size)
    pixels.withUnsafeMutableBufferPointer { StrokeRasterizer.draw(points, into: $0, size: size) }
    return pixels
  }

  private func point(_ x: Float, _ y: Float, _ radius: Float, starts: Bool = false) -> StrokePoint {
    StrokePoint(position: SIMD2(x, y), radius: radius, startsStroke: starts)
  }

  @Test func theCoverageIsTheAreaOfTheStroke() {
    let line = coverage([point(4, 8, 2, starts: true), point(16, 11, 2)])
    let length: Float = (12 * 12 + 3 * 3 as Float).squareRoot()
    let area = length * 4 + Float.pi * 4
    #expect(abs(line.reduce(0, +) - area) < 0.02 * area)
    #expect(line.allSatisfy { (0...1).contains($0) })
  }

  @Test func theWidthIsInterpolated() {
    let line = coverage([point(2, 10, 1, starts: true), point(18, 10, 3)])
    func width(_ column: Int) -> Float { (0..<20).reduce(0) { $0 + line[$1 * 20 + column] } }
    #expect(abs(width(4) - 2.6) < 0.15 && abs(width(10) - 4.1) < 0.15 && abs(width(16) - 5.6) < 0.15)
  }

  @Test func strokesAreNotConnected() {
    let line = coverage([
      point(2, 2, 1, starts: true), point(6, 2, 1), point(2, 17, 1, starts: true), point(6, 17, 1),
    ])
    #expect((6..<14).allSatisfy { row in line[(row * 20)..<((row + 1) * 20)].allSatisfy { $0 == 0 } })
    #expect(line[2 * 20 + 4] > 0.9 && line[17 * 20 + 4] > 0.9)
  }

  @Test func strokesAreClipped() {
    let line = coverage([point(-30, 10, 2, starts: true), point(50, 10, 2)])
    #expect(line[10 * 20] == 1 && line[10 * 20 + 19] == 1 && line[0] == 0)
    #expect(coverage([point(-9, -9, 2, starts: true), point(-5, 40, 2)]).allSatisfy { $0 == 0 })
  }

  @Test func aDotIsRound() {
    let dot = coverage([point(10, 10, 3, starts: true), point(10, 10, 3)])
    #expect(abs(dot.reduce(0, +) - 9 * Float.pi) < 1)
  }
}
