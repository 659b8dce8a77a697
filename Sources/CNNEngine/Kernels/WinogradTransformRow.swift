import CSIMD

/// Row `I` of the transforms: six frequencies.
enum WinogradTransformRow<let I: Int> {
  /// Row `I` of B^T d B for a run of tiles: `[frequency][tile][channel]` with as many channels as a vector has lanes.
  @inline(never)
  static func patches(
    _ corner: UnsafePointer<Lanes>, _ x: FeatureMaps, _ channels: Int, _ run: Int,
    _ line: UnsafeMutablePointer<Lanes>, _ target: UnsafeMutablePointer<Lanes>, _ frequency: Int
  ) {
    let row = x.row
    for channel in 0..<channels {
      let d = corner + channel &* x.channel
      for column in 0..<4 &* run &+ 2 {
        let d = d + column
        let six = WinogradTransform.input(
          (d[0], d[row], d[2 &* row], d[3 &* row], d[4 &* row], d[5 &* row]))
        line[column] = pick(six)
        for row in inputRows { prefetch(d + (2 &* x.channel &+ row &* x.row)) }
      }
      for tile in 0..<run {
        let d = line + 4 &* tile
        store(
          WinogradTransform.input((d[0], d[1], d[2], d[3], d[4], d[5])),
          target + (tile &* CPUFeatures.laneCount &+ channel), frequency)
      }
    }
  }

  /// Row `I` of A dy A^T for a run of tiles, `[frequency][tile][channel]`.
  @inline(never)
  static func outputGradients(
    _ corner: UnsafePointer<Lanes>, _ dy: FeatureMaps, _ channels: Int, _ run: Int,
    _ line: UnsafeMutablePointer<Lanes>, _ target: UnsafeMutablePointer<Lanes>, _ frequency: Int
  ) {
    let row = dy.row
    for channel in 0..<channels {
      let d = corner + channel &* dy.channel
      for column in 0..<4 &* run {
        let d = d + column
        line[column] = pick(WinogradTransform.outputGradient((d[0], d[row], d[2 &* row], d[3 &* row])))
        for row in gradientRows { prefetch(d + (2 &* dy.channel &+ row &* dy.row)) }
      }
      for tile in 0..<run {
        let d = line + 4 &* tile
        store(
          WinogradTransform.outputGradient((d[0], d[1], d[2], d[3])),
          target + (tile &* channels &+ channel), frequency)
      }
    }
  }

  /// The rows of a patch, and of a tile, that row `I` depends on.
  @inline(__always)
  private static var inputRows: StrideTo<Int> {
    I == 0
      ? stride(from: 0, to: 6, by: 2) : I == 5 ? stride(from: 1, to: 6, by: 2) : stride(from: 1, to: 5, by: 1)
  }

  @inline(__always)
  private static var gradientRows: Range<Int> { I == 0 ? 0..<1 : I == 5 ? 3..<4 : 0..<4 }

  @inline(__always)
  private static func pick(_ six: Six<Lanes>) -> Lanes {
    I == 0 ? six.0 : I == 1 ? six.1 : I == 2 ? six.2 : I == 3 ? six.3 : I == 4 ? six.4 : six.5
  }

  @inline(__always)
  private static func store(_ six: Six<Lanes>, _ target: UnsafeMutablePointer<Lanes>, _ frequency: Int) {
    target[0] = six.0
    target[frequency] = six.1
    target[2 &* frequency] = six.2
    target[3 &* frequency] = six.3
    target[4 &* frequency] = six.4
    target[5 &* frequency] = six.5
  }
}
