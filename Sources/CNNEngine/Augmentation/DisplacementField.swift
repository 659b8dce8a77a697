import CSIMD
import Formatting
import Randomness

/// A smooth random displacement of every pixel of an image: cubic B-splines between the nodes of a coarse grid.
struct DisplacementField: Sendable {
  private let rows: Spline
  private let columns: Spline
  /// Vectors of a line of pixels.
  private let lineLength: Int
  /// `[node][line]`: the weight of each node in each pixel of a line.
  private let basis: [Lanes]
  /// The vectors of a line in which a node's weight is not zero.
  private let supports: [Range<Int>]

  /// A field over `shape` with nodes `spacing` pixels apart.
  init(_ shape: Shape, spacing: Float) {
    (rows, columns) = (Spline(shape.height, spacing: spacing), Spline(shape.width, spacing: spacing))
    let lanes = CPUFeatures.laneCount
    lineLength = Warp.lineLength(shape)
    var basis = [Lanes](repeating: Lanes(), count: columns.nodes * lineLength)
    var supports = [Range<Int>](repeating: 0..<0, count: columns.nodes)
    for (pixel, first) in columns.first.enumerated() {
      for tap in 0..<4 {
        basis[(first + tap) * lineLength + pixel / lanes][pixel % lanes] = columns.weights[pixel][tap]
        let before = supports[first + tap]
        supports[first + tap] = (before.isEmpty ? pixel / lanes : before.lowerBound)..<pixel / lanes + 1
      }
    }
    (self.basis, self.supports) = (basis, supports)
  }

  private var nodeVectors: Int {
    (rows.nodes * columns.nodes + CPUFeatures.laneCount - 1) / CPUFeatures.laneCount
  }

  /// Vectors of scratch memory.
  var scratchSize: Int { 2 * nodeVectors + 2 * rows.nodes * lineLength }

  /// Samples nodes from -`maxDisplacement` to `maxDisplacement` and adds the interpolated displacements to `target`,
  /// `[row][x, y][line]`.
  func add(
    _ random: CounterRandom, maxDisplacement: Float, to target: UnsafeMutablePointer<Lanes>,
    _ scratch: UnsafeMutablePointer<Lanes>
  ) {
    sampleNodes(random, maxDisplacement, into: scratch)
    let lines = scratch + 2 &* nodeVectors
    fillLines(lines, nodes: UnsafeRawPointer(scratch).assumingMemoryBound(to: Float.self))
    let step = 2 &* lineLength
    for (row, first) in rows.first.enumerated() {
      let (weights, line, output) = (rows.weights[row], lines + first &* step, target + row &* step)
      for place in 0..<step {
        output[place] +=
          line[place] * weights[0] + line[step &+ place] * weights[1]
          + (line[2 &* step &+ place] * weights[2] + line[3 &* step &+ place] * weights[3])
      }
    }
  }

  /// Samples `[x, y][node]`.
  private func sampleNodes(
    _ random: CounterRandom, _ maxDisplacement: Float, into nodes: UnsafeMutablePointer<Lanes>
  ) {
    var counter = RandomLanes()
    for lane in 0..<CPUFeatures.laneCount { counter[lane] = UInt32(lane) &+ 1 }
    /// From -1 to 1.
    func unit(_ bits: RandomLanes) -> Lanes {
      let mantissa = bits &>> RandomLanes(repeating: 9) | RandomLanes(repeating: 0x3F80_0000)
      return unsafeBitCast(mantissa, to: Lanes.self) * 2 - 3
    }
    for vector in 0..<nodeVectors {
      let (a, b) = RandomLanes.threefry(key: random.key, counter, RandomLanes())
      nodes[vector] = unit(a) * maxDisplacement
      nodes[nodeVectors &+ vector] = unit(b) * maxDisplacement
      counter &+= RandomLanes(repeating: UInt32(CPUFeatures.laneCount))
    }
  }

  /// The displacements along each row of nodes, `[row of nodes][x, y][line]`.
  private func fillLines(_ lines: UnsafeMutablePointer<Lanes>, nodes: UnsafePointer<Float>) {
    lines.update(repeating: Lanes(), count: 2 &* rows.nodes &* lineLength)
    for row in 0..<rows.nodes {
      for axis in 0..<2 {
        let line = lines + (2 &* row &+ axis) &* lineLength
        let values = nodes + (axis &* nodeVectors &* CPUFeatures.laneCount &+ row &* columns.nodes)
        for node in 0..<columns.nodes {
          for vector in supports[node] {
            line[vector] += basis[node &* lineLength &+ vector] * values[node]
          }
        }
      }
    }
  }
}

/// The nodes of a cubic B-spline that contribute to each pixel of a line.
private struct Spline: Sendable {
  /// The first of the four nodes around each pixel.
  let first: [Int]
  /// The weights of these four.
  let weights: [SIMD4<Float>]

  init(_ pixels: Int, spacing: Float) {
    let places = (0..<pixels).map { Float($0) / spacing }
    first = places.map { Int(clamping: $0) }
    weights = places.map { place in
      let t = place - place.rounded(.down)
      let (u, tt) = (1 - t, t * t)
      let ttt = tt * t
      return SIMD4(u * u * u, 3 * ttt - 6 * tt + 4, 3 * (t + tt - ttt) + 1, ttt) / 6
    }
  }

  var nodes: Int { (first.last ?? 0) + 4 }
}
