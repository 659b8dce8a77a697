/// Weights rearranged so that a tile reads them in order, `[reduction][tile width]` after one another.
enum WeightPacking {
  /// Packs one tile of `weights` `[O, I, KH, KW]` for the forward pass.
  static func forward(
    _ tile: ChannelTile, weights: UnsafePointer<Float>, reduction count: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let target = packed + tile.first &* count
    // In chunks that stay in the first-level cache, as every output writes into the same lines.
    for chunk in stride(from: 0, to: count, by: 256) {
      for output in 0..<tile.width {
        let source = weights + (tile.first &+ output) &* count
        for index in chunk..<min(chunk &+ 256, count) {
          target[index &* tile.width &+ output] = source[index]
        }
      }
    }
  }

  /// Packs one tile of input channels for the input gradient: transposed, and turned by 180 degrees.
  static func inputGradient(
    _ tile: ChannelTile, weights: UnsafePointer<Float>, outputs: Int, inputs: Int, taps: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let target = packed + tile.first &* outputs &* taps
    for output in 0..<outputs {
      let source = weights + (output &* inputs &+ tile.first) &* taps
      for tap in 0..<taps {
        let place = target + (output &* taps &+ (taps &- 1 &- tap)) &* tile.width
        for input in 0..<tile.width { place[input] = source[input &* taps &+ tap] }
      }
    }
  }
}
