import ConfigDecoding

/// A pooling layer: each output is computed from a window of one channel.
public protocol PoolLayer: Layer {
  /// Kernel, stride and padding.
  var window: Window { get }

  /// A pool with any window.
  init(window: Window)
}

extension MaxPool2D: WindowedLayer {}
extension MinPool2D: WindowedLayer {}
extension AveragePool2D: WindowedLayer {}

extension PoolLayer {
  /// A pool of square windows; by default they are adjacent: `MaxPool2D(kernel: 2)`.
  public init(kernel: Int, stride: Int? = nil, padding: Padding = .valid) {
    let stride = stride ?? kernel
    self.init(window: Window(kernel: (kernel, kernel), stride: (stride, stride), padding: padding))
  }

  /// Reads the keys of the window.
  public init(decoding decoder: ConfigDecoder) { self.init(window: Window(decoding: decoder, isPool: true)) }

  /// `[C, H, W]` to `[C, OH, OW]`; a window outside the map is refused.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let kernel = window.kernel
    let output = try window.outputShape(for: input, channels: input.channels, isPool: true)
    let border = window.border(input)
    let (rows, columns) = (max(border.top, border.bottom), max(border.left, border.right))
    guard rows < kernel.rows, columns < kernel.columns else {
      throw ShapeError(
        "padding \(rows < kernel.rows ? columns : rows) is not smaller than the "
          + "\(kernel.rows)x\(kernel.columns) pool: a window would lie outside the map", fallback: output)
    }
    return output
  }

  /// The window's details.
  public var details: LayerDetails { window.details }
}
