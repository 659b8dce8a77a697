import Configuration

/// A function of one number whose slope is known from its value.
protocol ActivationFunction: Sendable {
  static func value(_ x: Lanes) -> Lanes
  /// The slope at the point where the value is `y`, times `dy`.
  static func gradient(_ dy: Lanes, value y: Lanes) -> Lanes
}

/// Applies a function to every number of its input, in place where it can.
struct Elementwise<Function: ActivationFunction>: ChannelwiseLayer {
  let input: Shape
  var output: Shape { input }
  var worksInPlace: Bool { true }
  var needsOutput: Bool { true }

  func forward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    let width = input.width
    region.forEachRow { block, channel, row in
      let x = pass.x.row(block, channel, row)
      let y = pass.y.row(block, channel, row)
      for column in 0..<width { y[column] = Function.value(x[column]) }
    }
  }

  func backward(_ region: Region, _ pass: LayerPass, _ step: StepInfo) {
    guard let dx = pass.dx, let dy = pass.dy else { return }
    let width = input.width
    region.forEachRow { block, channel, row in
      let y = pass.y.row(block, channel, row)
      let upstream = dy.row(block, channel, row)
      let gradient = dx.row(block, channel, row)
      for column in 0..<width {
        gradient[column &* dx.column] = Function.gradient(upstream[column &* dy.column], value: y[column])
      }
    }
  }
}
