/// The weight gradient as it is written, cut into rectangles of taps for a few output channels and one input channel.
struct TapSums: WeightGradient {
  private let inputs: Int
  private let output: Shape
  private let kernel: (rows: Int, columns: Int)
  private let stride: (rows: Int, columns: Int)
  private let border: (top: Int, left: Int)
  private let parts: [(rectangle: TapRectangle, outputs: Range<Int>)]

  init(input: Shape, output: Shape, window: Window, border: (top: Int, left: Int)) {
    (inputs, self.output, self.border) = (input.channels, output, border)
    (kernel, stride) = (window.kernel, window.stride)
    parts = TapRectangle.rectangles(rows: kernel.rows, columns: kernel.columns).flatMap { rectangle in
      rectangle.channelRanges(output.channels).map { (rectangle, $0) }
    }
  }

  var pieces: Int { parts.count * inputs }

  var reach: (rows: Int, columns: Int) { (output.height, output.width) }
  var scratchSize: Int { 0 }
  var memorySize: Int { 0 }
  var finishingPieces: Int { 0 }
  func finish(
    _ piece: Int, memory: UnsafeMutablePointer<Lanes>, gradient: UnsafeMutablePointer<Float>
  ) {}

  func sum(
    _ piece: Int, x: FeatureMaps, dy: FeatureMaps, blocks: Int, gradient: UnsafeMutablePointer<Float>,
    memory: UnsafeMutablePointer<Lanes>, scratch: UnsafeMutablePointer<Float>
  ) {
    let (rectangle, outputs) = parts[piece / inputs]
    let channel = piece % inputs
    let taps = kernel.rows &* kernel.columns
    let place = channel &* taps &+ rectangle.row &* kernel.columns &+ rectangle.column
    let corner = x.row(0, channel, rectangle.row &- border.top) + (rectangle.column &- border.left)
    let kernel = rectangle.kernel(channels: outputs.count)
    kernel(
      corner, x, stride.rows, stride.columns, dy.row(0, outputs.lowerBound, 0), dy, blocks, output.height,
      output.width, gradient + (outputs.lowerBound &* inputs &* taps &+ place), self.kernel.columns,
      inputs &* taps)
  }
}
