/// An algorithm for the sums of a convolution: its forward pass is one such sum, its input gradient another.
protocol ConvolutionAlgorithm: Sendable {
  var shape: ConvolutionShape { get }
  /// Ranges of output channels that are computed as separate tasks.
  var channelGroups: [Range<Int>] { get }
  /// Output rows are computed in multiples of this, counted from the first.
  var rowMultiple: Int { get }
  /// Rows and columns that are read, counted from the first output's first tap.
  var readExtent: (rows: Int, columns: Int) { get }
  /// Floats of packed weights.
  var packedSize: Int { get }
  /// Floats of scratch memory.
  var scratchSize: Int { get }
  /// The border of zeros that it reads around a map of `size`.
  func layout(around size: (rows: Int, columns: Int)) -> MapLayout
  /// Packs the weights of one of `shape.tiles`.
  func pack(_ tile: ChannelTile, _ filter: Filter, into packed: UnsafeMutablePointer<Float>)
  /// Computes a region of the output.
  func compute(
    _ region: Region, x: FeatureMaps, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    y: FeatureMaps, scratch: UnsafeMutablePointer<Float>)
}

extension ConvolutionAlgorithm {
  func layout(around size: (rows: Int, columns: Int)) -> MapLayout {
    MapLayout(
      top: max(0, shape.border.top), left: max(0, shape.border.left),
      bottom: max(0, readExtent.rows - shape.border.top - size.rows),
      right: max(0, readExtent.columns - shape.border.left - size.columns))
  }
}

/// The sizes of a convolution, or of the convolution that is its input gradient.
struct ConvolutionShape {
  /// Input channels of a group.
  let inputs: Int
  /// The output's shape.
  let output: Shape
  let kernel: (rows: Int, columns: Int)
  let stride: (rows: Int, columns: Int)
  /// Rows and columns of the border in front of the map; negative where the first filter begins inside the map.
  let border: (top: Int, left: Int)
  /// Rows and columns of the input map.
  let inputSize: (rows: Int, columns: Int)
  /// Rows and columns from one tap of the filter to the next.
  let dilation: (rows: Int, columns: Int)
  /// Groups of channels that are convolved apart.
  let groups: Int
  /// The output channels, split for the microkernels.
  let tiles: [ChannelTile]

  init(
    inputs: Int, output: Shape, kernel: (rows: Int, columns: Int), stride: (rows: Int, columns: Int),
    border: (top: Int, left: Int), inputSize: (rows: Int, columns: Int),
    dilation: (rows: Int, columns: Int) = (1, 1), groups: Int = 1
  ) {
    (self.inputs, self.output, self.kernel, self.stride) = (inputs, output, kernel, stride)
    (self.border, self.inputSize) = (border, inputSize)
    (self.dilation, self.groups) = (dilation, groups)
    let channels = output.channels / groups
    tiles = (0..<groups).flatMap { group in
      ChannelTile.tiles(for: channels).map {
        ChannelTile(first: group * channels + $0.first, width: $0.width)
      }
    }
  }

  /// The group of an output channel.
  @inline(__always)
  func group(of channel: Int) -> Int { groups == 1 ? 0 : channel / (output.channels / groups) }

  var taps: Int { kernel.rows * kernel.columns }
}

/// Weights `[O, I, KH, KW]`, of each group, as a convolution algorithm reads them.
struct Filter {
  let weights: UnsafePointer<Float>
  let outputs: Int
  let inputs: Int
  let taps: Int
  /// Whether inputs and outputs are swapped and the taps rotated by 180 degrees, for the input gradient.
  let isTransposed: Bool

  /// The first tap between output channel `output` and input channel `input`, and the step to the next one.
  @inline(__always)
  func taps(output: Int, input: Int) -> (first: UnsafePointer<Float>, step: Int) {
    isTransposed
      ? (weights + ((input &* inputs &+ output) &* taps &+ taps &- 1), -1)
      : (weights + (output &* inputs &+ input) &* taps, 1)
  }
}
