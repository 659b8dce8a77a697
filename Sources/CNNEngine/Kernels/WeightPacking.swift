import CSIMD

/// Weights in the order in which a microkernel reads them: `[tile][reduction][tile width]`.
enum WeightPacking {
  /// Packs one tile of `weights` `[O, I, KH, KW]` for the forward pass.
  static func forward(
    _ tile: ChannelTile, weights: UnsafePointer<Float>, reduction count: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let source = weights + tile.first &* count
    let target = packed + tile.first &* count
    let whole = tile.width == 8 ? count / 8 &* 8 : 0
    for index in stride(from: 0, to: whole, by: 8) {
      transpose_8x8(source + index, Int64(count), target + index &* 8, 8)
    }
    for index in whole..<count {
      for output in 0..<tile.width {
        target[index &* tile.width &+ output] = source[output &* count &+ index]
      }
    }
  }

  /// Packs one tile of input channels for the input gradient: transposed, and rotated by 180 degrees.
  static func inputGradient(
    _ tile: ChannelTile, weights: UnsafePointer<Float>, outputs: Int, inputs: Int, taps: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    for output in 0..<outputs {
      let source = weights + (output &* inputs &+ tile.first) &* taps
      let target = packed + (tile.first &* outputs &+ output &* tile.width) &* taps
      for tap in 0..<taps {
        let place = target + (taps &- 1 &- tap) &* tile.width
        for input in 0..<tile.width { place[input] = source[input &* taps &+ tap] }
      }
    }
  }
}
