/// A layer that applies a function of one number whose slope is known from its value, in place where it can.
protocol ElementwiseOperation: FusibleOperation {}

extension ElementwiseOperation {
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var savedOutput: SavedOutput { .value }
}

extension LayerBuffers {
  /// y = function(x), pixel by pixel.
  @inline(__always)
  func map(_ region: Region, width: Int, _ function: (Lanes) -> Lanes) {
    region.forEachRow { block, channel, row in
      let x = x.row(block, channel, row)
      let y = y.row(block, channel, row)
      for column in 0..<width { y[column] = function(x[column]) }
    }
  }

  /// dx = slope(dy, y), pixel by pixel.
  @inline(__always)
  func mapGradient(_ region: Region, width: Int, _ slope: (_ dy: Lanes, _ y: Lanes) -> Lanes) {
    guard let dx, let dy else { return }
    region.forEachRow { block, channel, row in
      let y = y.row(block, channel, row)
      let upstream = dy.row(block, channel, row)
      let gradient = dx.row(block, channel, row)
      for column in 0..<width {
        gradient[column &* dx.column] = slope(upstream[column &* dy.column], y[column])
      }
    }
  }
}
